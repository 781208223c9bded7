"""Rules that are taken out of a server that dies: then a campaign must see harm.

`python -m tests.kills.controls NAME MOMENT COUNT serve …` is tests.kills.dies_at without the rule of that name. Only
the server that dies is without it; the next one is Outlay as it is, and finds what is left.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from outlay.core.transfer import Transfer
from outlay.rails import internal as internal_rail
from outlay.running.moments import Moment, reached
from outlay.service.merchant import transfers
from outlay.service.runtime import Runtime, do_without_refusal
from outlay.store.write.desk import Needs
from tests.kills.campaign import Outcome, Tell, campaign
from tests.kills.dies_at import main

ANOTHER_TIME = 1 << 40


class Control(msgspec.Struct, frozen=True):
    """`harm`: words that the campaign must say."""

    name: str
    rule: str
    moment: Moment
    harm: str
    take_out: Callable[[], None]

    def is_noticed(self, outcome: Outcome) -> bool:
        return all(kill.is_hit for kill in outcome.kills) and any(self.harm in fault for fault in outcome.faults)


def note_before_giving() -> None:
    as_is = transfers.credit

    async def finish(runtime: Runtime, given: Transfer, *, urgent: bool = False) -> Transfer:
        number, needs = given.transfer_id, Needs(transfer_id=given.transfer_id)
        command = transfers._DoneCommand(number, runtime.now_ms(), account_id=given.source_id, needs=needs)
        done = await do_without_refusal(runtime.clerk, command, urgent=urgent)
        reached(Moment.TRANSFER_TAKEN, given.transfer_id)
        await as_is(runtime, given, urgent=urgent)
        return done

    changed: Any = transfers
    changed.finish = finish


def give_under_any_id() -> None:
    changed: Any = internal_rail
    as_is = changed.credit

    async def credit(runtime: Runtime, given: Transfer, *, urgent: bool = False) -> None:
        await as_is(runtime, replace(given, transfer_id=given.transfer_id - ANOTHER_TIME), urgent=urgent)

    changed.credit = credit


CONTROLS = (
    Control(
        "note-before-giving",
        "what is given is with its taker before it is noted as finished",
        Moment.TRANSFER_TAKEN,
        "was taken by another account 0, it should be 1",
        note_before_giving,
    ),
    Control(
        "give-under-any-id",
        "the taker's record of a payout has the payout's id",
        Moment.GIVEN,
        "accounts here took",
        give_under_any_id,
    ),
)


def tried(control: Control, seed: int, tell: Tell) -> Outcome:
    program = ("tests.kills.controls", control.name)
    return campaign([control.moment], seed, tell, program=program, is_short=True)


if __name__ == "__main__":
    named = sys.argv.pop(1)
    next(control for control in CONTROLS if control.name == named).take_out()
    main()
