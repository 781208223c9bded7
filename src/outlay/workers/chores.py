"""What keeps the tables in order beside the payouts: old nonces are forgotten, due times of a clock that was wrong are
brought to the present, and what is older than the epoch is put on the workers' list, so that it is asked about.

Leaves to others: the statements themselves (store).

The trap: `runtime.clock_stepped` is cleared by the chore that waits for it. A second one that did would miss steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from outlay.running.log import get_log
from outlay.running.recurring import Chore, Recurring
from outlay.service.runtime import Runtime
from outlay.store.ahead import bring_to_present
from outlay.store.epochs import list_older
from outlay.store.work import forget_old_nonces

NONCES_INTERVAL_S: Final = 60.0
DUE_TIMES_INTERVAL_S: Final = 60.0
OLDER_INTERVAL_S: Final = 2.0

_log = get_log("outlay.chores")


def chores_of(runtime: Runtime) -> Sequence[Recurring]:
    return (
        Chore("chores", NONCES_INTERVAL_S, partial(_forget_nonces, runtime)),
        Chore("due times", DUE_TIMES_INTERVAL_S, partial(_mend_due_times, runtime), sooner=runtime.clock_stepped),
        Chore("older", OLDER_INTERVAL_S, partial(_list_older, runtime)),
    )


async def _forget_nonces(runtime: Runtime) -> None:
    await forget_old_nonces(runtime.database, runtime.real_ms())


async def _mend_due_times(runtime: Runtime) -> None:
    moved = await bring_to_present(runtime.database, runtime.real_ms())
    if moved:
        _log.warning("due times of a clock that was wrong brought to the present", rows=moved)


async def _list_older(runtime: Runtime) -> None:
    listed = await list_older(runtime.database, runtime.now_ms())
    if listed:
        _log.warning("payouts that are older than the epoch are asked about", payouts=listed)
