"""Every control takes out what it says it takes out: its strangers exist, and its edits have their places.

Whether it is caught is asked of a server: one in `test_slice`, all by `./run abuse --control`.
"""

from __future__ import annotations

import pytest

from outlay.api.limits import FrontLimits
from outlay.process.settings import Settings
from tests.abuse.controls import CONTROLS, Control, broken_sources
from tests.abuse.mission import STRANGERS

# What no stranger here presses on: how many large bodies wait, which their bytes bound before; the others have tests of
# processes that are frozen, and of logs.
_ELSEWHERE = {"large_waiting", "stop_seconds", "log_rate"}


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.limit)
def test_a_control_has_strangers_and_a_way_to_take_its_limit_out(control: Control) -> None:
    assert set(control.strangers) <= STRANGERS.keys()
    assert bool(control.settings) != bool(control.breaks)
    assert {name.removeprefix("OUTLAY_").lower() for name in control.settings} <= set(Settings.__struct_fields__)
    with broken_sources(control.breaks) as sources:
        assert (sources is not None) is bool(control.breaks)


def test_every_limit_has_a_control_or_is_tried_elsewhere() -> None:
    limits = {control.limit for control in CONTROLS} & set(FrontLimits.__struct_fields__)
    assert limits | _ELSEWHERE == set(FrontLimits.__struct_fields__)
    assert not limits & _ELSEWHERE
