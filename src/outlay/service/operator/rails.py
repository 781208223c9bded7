"""Which rails an account's payouts may take, in order, and what is known of the rails: for the operator.

What is set holds for orders from now on. Of what is on its way it says only where the money goes after a refusal from
the closed list of its rail.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from outlay.core.account import Account
from outlay.core.payout import INTERNAL_RAIL
from outlay.core.rail import NotTheseRails, RailFault, RailRecord, RailShown
from outlay.core.refusal import Refusal
from outlay.service.runtime import Looking, Runtime
from outlay.store import accounts, rails


async def list_rails(looks: Looking) -> Sequence[RailRecord]:
    """By name."""
    return list((await rails.read_rails(looks.database)).values())


async def show_rail(looks: Looking, name: str) -> RailShown | NotTheseRails:
    known = await rails.read_rails(looks.database)
    if name not in known:
        return NotTheseRails(RailFault.UNKNOWN, (name,), tuple(known))
    return RailShown(known[name], await rails.count_accounts(looks.database, name))


async def set_rails(runtime: Runtime, account_id: UUID, names: Sequence[str]) -> Account | Refusal | NotTheseRails:
    """The first is where its payouts go, the others where they may go after a refusal, in this order."""
    known = tuple(name for name in await rails.read_rails(runtime.database) if name != INTERNAL_RAIL)
    if no := _why_not(tuple(names), known):
        return no
    await accounts.write_rails(runtime.database, account_id, names)
    return await accounts.read_account(runtime.database, account_id) or Refusal.ACCOUNT_NOT_FOUND


def _why_not(names: tuple[str, ...], known: tuple[str, ...]) -> NotTheseRails | None:
    faults = {
        RailFault.INTERNAL: tuple(name for name in names if name == INTERNAL_RAIL),
        RailFault.UNKNOWN: tuple(name for name in names if name not in known),
        RailFault.REPEATED: tuple(name for number, name in enumerate(names) if name in names[:number]),
    }
    if not names:
        return NotTheseRails(RailFault.NONE, (), known)
    return next((NotTheseRails(fault, each, known) for fault, each in faults.items() if each), None)
