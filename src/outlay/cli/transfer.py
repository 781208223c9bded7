"""`outlay account transfer` and `outlay account transfers`: money from one account to another of the same master.

The trap: the reference is claimed on the giver, among those of its payouts. So a repeat of the same command changes
nothing, and the same reference for anything else is refused.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

import typer

from outlay.cli.common import (
    AccountArgument,
    CommandFailed,
    CurrencyArgument,
    DataOption,
    JsonOption,
    account_id_from,
    amount_from,
    currency_from,
    name_from,
    refused,
    text_from,
    with_looks,
    with_runtime,
)
from outlay.cli.output import add, out, print_json, table
from outlay.core.account import Account
from outlay.core.asks import Claim, Counted, Repeated, TransferOrder
from outlay.core.refusal import Refusal
from outlay.core.transfer import Transfer
from outlay.kit.characters import plain
from outlay.present.transfers import transfer_list_document, transfer_made_document
from outlay.present.values import money, utc_text
from outlay.process.settings import Settings
from outlay.service.merchant import transfers
from outlay.service.merchant.connected_accounts import find_relative
from outlay.service.operator.accounts import find_account, transfers_of
from outlay.service.runtime import Looking, Runtime

OPERATION: Final = "operator.transfer"


def transfer(
    source: Annotated[str, typer.Argument(help="The giver's id.", metavar="SOURCE")],
    target: Annotated[str, typer.Argument(help="The taker's id, or its short form.", metavar="TARGET")],
    amount: Annotated[str, typer.Argument(help="A decimal amount, such as 300.11.", metavar="AMOUNT")],
    currency: CurrencyArgument,
    by: Annotated[str, typer.Option(help="Who orders it; goes on record.", metavar="NAME")],
    reason: Annotated[str, typer.Option(help="What it is for; both accounts see it.", metavar="TEXT")],
    reference: Annotated[
        str, typer.Option(help="Your own name of this transfer; the same one never moves money twice.", metavar="R")
    ],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move money at once between two accounts of one master."""
    source_id, code = account_id_from(source), currency_from(currency)
    amount_minor = amount_from(amount, code)
    text_from(target, "the target")
    what = (name_from(by), text_from(reason, "the reason"), text_from(reference, "the reference"))

    async def work(runtime: Runtime, _settings: Settings) -> Transfer | Repeated[Transfer] | Refusal:
        return await _transfer(runtime, source_id, target, amount_minor, code, *what)

    made = with_runtime(data, work)
    if isinstance(made, Refusal):
        refused(made)
    is_new = isinstance(made, Transfer)
    done = made if isinstance(made, Transfer) else made.subject if made.same else None
    if done is None:
        raise CommandFailed(
            f"the reference {reference} was used before on this account for something else; nothing was moved. "
            "Give each transfer a reference of its own."
        )
    if as_json:
        print_json(transfer_made_document(done, reference, is_new=is_new))
        return
    moved = f"{money(done.amount_minor, done.currency)} {done.currency}"
    if is_new:
        out.say(f"moved {moved} from {plain(done.source_name)} to {plain(done.target_name)} as {plain(reference)}")
    else:
        out.say(f"{plain(reference)} moved {moved} before, so nothing was moved")


async def _transfer(
    runtime: Runtime,
    source_id: UUID,
    target: str,
    amount_minor: int,
    currency: str,
    by: str,
    reason: str,
    reference: str,
) -> Transfer | Repeated[Transfer] | Refusal:
    giver = await find_account(runtime, source_id)
    if isinstance(giver, Refusal):
        return giver
    taker = await find_relative(runtime, giver.family_id, target)
    if taker is None:
        return Refusal.TARGET_NOT_FOUND
    what = TransferOrder(
        source=str(giver.account_id),
        target=str(taker.account_id),
        currency=currency,
        amount_minor=amount_minor,
        reason=reason,
    )
    claim = Claim(reference, OPERATION, _digest(giver, taker, what))
    made = await transfers.transfer(runtime, giver, taker, what, by, claim)
    if isinstance(made, Repeated) and made.same and made.subject is not None:
        # The first one may have been cut off half-way, where no server runs that would complete it.
        return Repeated(True, True, await transfers.finish(runtime, made.subject))
    return made


def _digest(giver: Account, taker: Account, what: TransferOrder) -> bytes:
    content = [str(giver.account_id), str(taker.account_id), what.currency, what.amount_minor, what.reason]
    return sha256(json.dumps(content).encode()).digest()


def list_transfers(
    account: AccountArgument,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Money that the account gave to others of its family or took from them, the newest first."""
    account_id = account_id_from(account)

    async def work(looks: Looking) -> Counted[Transfer] | Refusal:
        return await transfers_of(looks, account_id, limit)

    listed = with_looks(data, work)
    if isinstance(listed, Refusal):
        refused(listed)
    if as_json:
        print_json(transfer_list_document(listed.items, listed.total))
        return
    if not listed.items:
        out.say("no transfers")
        return
    shown = table("transfer", "ordered (UTC)", "", "other account", "amount", "", "reason", "by", right=["amount"])
    for each in listed.items:
        gave = each.source_id == account_id
        other = f"{each.target_name} ({each.target_id})" if gave else f"{each.source_name} ({each.source_id})"
        amount = money(-each.amount_minor if gave else each.amount_minor, each.currency)
        way = "to" if gave else "from"
        reason = each.reason if each.credited_ms is not None else f"{each.reason} (under way)"
        ordered = utc_text(each.created_ms)
        add(shown, each.transfer_id, ordered, way, other, amount, each.currency, reason, each.ordered_by)
    out.show(shown)
    if listed.total > len(listed.items):
        out.say(f"these are the newest {limit} of {listed.total}; --limit shows more of them")
