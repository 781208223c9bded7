"""`outlay payout …`: what became of a payout or a batch, lists of payouts, and the way to stop one in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from outlay.cli.choice import (
    OfAccountOption,
    OrderArgument,
    account_filter,
    chosen_order,
    has_id,
    named_orders,
    several,
)
from outlay.cli.common import DataOption, JsonOption, name_from, refused, text_from, with_looks, with_runtime
from outlay.cli.output import add, out, print_json, table
from outlay.cli.timeline import batch_head, state_text, tables
from outlay.cli.work import unreadable_text
from outlay.core.events import Cancel
from outlay.core.payout import Batch, Payout
from outlay.core.progress import State
from outlay.core.refusal import No
from outlay.core.shown import BatchShown, PayoutShown, Waits
from outlay.core.unreadable import UnreadablePayout, parted
from outlay.present.payouts import cancelled_document, fee_charged, list_document, order_document
from outlay.present.values import money, utc_text
from outlay.present.words import waiting_words
from outlay.process.settings import Settings
from outlay.service.operator.cancel_order import Cancelled, cancel_order
from outlay.service.operator.payouts import list_payouts, read_waits, show_order
from outlay.service.runtime import Looking, Runtime

if TYPE_CHECKING:
    from rich.table import Table

WIDE_ENOUGH: Final = 175
"""Columns of a terminal from which on the account's id stands beside each payout."""

app = typer.Typer(help="What became of payouts; stop one in time.", no_args_is_help=True)


@app.command()
def show(
    payout: OrderArgument, account: OfAccountOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Everything that happened to one payout: facts, attempts, postings. Of a batch: what became of its payouts."""
    account_id = account_filter(account)

    async def work(looks: Looking) -> Sequence[PayoutShown | BatchShown]:
        named = await named_orders(looks, payout, account_id)
        if len(named) > 1 and not has_id(payout, named):
            raise several(payout, named)
        return [await show_order(looks, order) for order in named]

    found = with_looks(data, work)
    if as_json:
        shown = [order_document(each) for each in found]
        print_json(shown[0] if len(shown) == 1 else shown)
        return
    if len(found) > 1:
        out.say(f"{len(found)} orders: the first has this id, and what follows has it as the merchant's reference")
    for each in found:
        _print_order(each)


def _print_order(shown: PayoutShown | BatchShown) -> None:
    if isinstance(shown, BatchShown):
        out.show(batch_head(shown))
        _print_list(shown.payouts, shown.unreadable, shown.waits, with_account=False)
        return
    for part in tables(shown):
        out.show(part)


@app.command()
def cancel(
    payout: OrderArgument,
    by: Annotated[str, typer.Option(help="Who cancels; goes on record.", metavar="NAME")],
    why: Annotated[str | None, typer.Option(help="The reason, for the record.", metavar="TEXT")] = None,
    account: OfAccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a payout that nobody has sent yet; of a batch, all that were not."""
    account_id = account_filter(account)
    said = Cancel(name_from(by), text_from(why, "the reason") if why is not None else "")

    async def work(runtime: Runtime, _settings: Settings) -> tuple[Payout | Batch, Cancelled | No, Waits]:
        chosen = await chosen_order(runtime, payout, account_id)
        named = {"batch_id": chosen.batch_id} if isinstance(chosen, Batch) else {"payout_id": chosen.payout_id}
        done = await cancel_order(runtime, chosen.account_id, said, **named)
        return chosen, done, await read_waits(runtime, () if isinstance(done, No) else done.payouts)

    chosen, cancelled, waits = with_runtime(data, work)
    if isinstance(cancelled, No):
        refused(cancelled)
    order_id = chosen.batch_id if isinstance(chosen, Batch) else chosen.payout_id
    if as_json:
        print_json(cancelled_document(chosen, cancelled.payouts, waits, changed=cancelled.newly > 0))
        return
    known = "" if cancelled.newly else " (known before; nothing has changed)"
    if isinstance(chosen, Batch):
        too_late = len(cancelled.payouts) - cancelled.in_all
        rest = f"; it was too late for {too_late}: `outlay payout show {order_id}` tells of each" if too_late else ""
        out.say(f"batch {order_id}: {cancelled.in_all} of {len(cancelled.payouts)} cancelled{known}{rest}")
        return
    out.say(f"payout {order_id} of {money(chosen.amount_minor, chosen.currency)} {chosen.currency} is cancelled{known}")


@app.command("list")
def list_newest(
    account: Annotated[str | None, typer.Option(help="Only of this account.", metavar="ID")] = None,
    state: Annotated[State | None, typer.Option(help="Only in this state.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Payouts, the newest first."""
    account_id = account_filter(account)

    async def work(looks: Looking) -> tuple[Sequence[Payout | UnreadablePayout] | No, Waits]:
        found = await list_payouts(looks, account_id=account_id, state=state, limit=limit + 1)
        return found, await read_waits(looks, () if isinstance(found, No) else parted(found)[0])

    found, waits = with_looks(data, work)
    if isinstance(found, No):
        refused(found)
    (payouts, unreadable), more = parted(found[:limit]), len(found) > limit
    if as_json:
        print_json(list_document(payouts, unreadable, waits, more=more))
        return
    if not found:
        out.say("no such payouts")
        return
    _print_list(payouts, unreadable, waits, with_account=account is None and out.width >= WIDE_ENOUGH)
    if more:
        out.say(f"these are the newest {limit}; there are more: --limit shows more of them")


def _print_list(
    payouts: Sequence[Payout], unreadable: Sequence[UnreadablePayout], waits: Waits, *, with_account: bool
) -> None:
    if payouts:
        out.show(_list_table(payouts, waits, with_account))
    for each in unreadable:
        out.say(unreadable_text(each))


def _list_table(payouts: Sequence[Payout], waits: Waits, with_account: bool) -> Table:
    account = ["account"] if with_account else []
    headings = ["payout", "created (UTC)", *account, "reference", "amount", "", "fee", "state", "waits for"]
    shown = table(*headings, right=["amount", "fee"])
    for payout in payouts:
        of_account = [payout.account_id] if with_account else []
        created = utc_text(payout.created_ms)
        add(
            shown,
            payout.payout_id,
            created,
            *of_account,
            payout.reference,
            money(payout.amount_minor, payout.currency),
            payout.currency,
            fee_charged(payout),
            state_text(payout),
            waiting_words(waits.of(payout)),
        )
    return shown
