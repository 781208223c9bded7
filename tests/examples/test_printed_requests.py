"""Every request that the vendors print is answered as their pages and the notes of the entries say."""

from __future__ import annotations

import pytest

from tests.apis.found import part_of
from tests.examples.entries import Entry, sent
from tests.examples.stage import Stage


@pytest.mark.slow
@pytest.mark.parametrize("entry", sent(), ids=lambda entry: entry.title)
def test_a_printed_request_is_answered_as_its_entry_says(entry: Entry, stage: Stage) -> None:
    played = part_of(entry.api, "example_entries").play(entry, stage)
    assert played, "nothing was sent"
    told = [f"{'; '.join(faults)} || {each.line()}" for each in played if (faults := each.faults())]
    assert not told, "\n".join(told)
