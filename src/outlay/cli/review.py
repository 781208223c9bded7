"""`outlay review …`: what a person must look at before it is sent, and what they say about it.

A batch is one order: it is decided as a whole, unless one payout of it is named by its own id. Who approves is not who
ordered: the core compares the name with that of the credential's holder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from msgspec.structs import replace

from outlay.cli.choice import OfAccountOption, OrderArgument, account_filter, chosen_order
from outlay.cli.common import (
    CommandFailed,
    DataOption,
    JsonOption,
    name_from,
    refused,
    text_from,
    with_looks,
    with_runtime,
)
from outlay.cli.output import add, out, print_json, table
from outlay.cli.people import ByOption, decided_by
from outlay.cli.work import unreadable_text
from outlay.core.events import Approve, Reject
from outlay.core.payout import Batch, Payout
from outlay.core.refusal import No, Objection
from outlay.core.shown import WaitingOrder, Waits
from outlay.core.unreadable import UnreadablePayout
from outlay.kit.characters import plain
from outlay.present.durations import span_text
from outlay.present.reviews import review_list_document, reviewed_document, total_of, waiting_order_document
from outlay.present.values import utc_text
from outlay.process.settings import Settings
from outlay.service.operator.payouts import read_waits
from outlay.service.operator.reviews import list_reviews, review_order
from outlay.service.runtime import Looking, Runtime

if TYPE_CHECKING:
    from rich.table import Table

WIDE_ENOUGH: Final = 170
"""Columns of a terminal from which on the account's id stands beside each order."""

app = typer.Typer(help="Approve or reject what waits for a reviewer.", no_args_is_help=True)


@app.command("list")
def list_waiting(account: OfAccountOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """What waits for a reviewer, the oldest first; the payouts of a batch together."""
    account_id = account_filter(account)

    async def work(
        looks: Looking,
    ) -> tuple[tuple[Sequence[WaitingOrder], Sequence[UnreadablePayout]] | No, Waits]:
        found = await list_reviews(looks, account_id)
        payouts = () if isinstance(found, No) else [order.first_to_expire for order in found[0]]
        return found, await read_waits(looks, payouts)

    found, waits = with_looks(data, work)
    if isinstance(found, No):
        refused(found)
    orders, unreadable = found
    if as_json:
        print_json(review_list_document(orders, unreadable, waits))
        return
    for each in unreadable:
        out.say(unreadable_text(each))
    if not orders and unreadable:
        return
    if not orders:
        out.say("nothing waits for a reviewer")
        return
    out.show(_orders_table(orders, waits, with_account=account is None and out.width >= WIDE_ENOUGH))
    out.say("`outlay review approve ID --by NAME` or `outlay review reject ID --by NAME --why TEXT` decides one")


@app.command()
def approve(
    order: OrderArgument,
    by: ByOption,
    why: Annotated[str | None, typer.Option(help="A remark, for the record.", metavar="TEXT")] = None,
    account: OfAccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a payout, or everything of a batch that waits, be sent. Whoever ordered it cannot."""
    text = text_from(why, "the remark") if why is not None else ""
    _decide(order, account, Approve(name_from(by), text), data, as_json)


@app.command()
def reject(
    order: OrderArgument,
    by: ByOption,
    why: Annotated[str, typer.Option(help="The reason, for the record and for the merchant.", metavar="TEXT")],
    account: OfAccountOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fail a payout, or everything of a batch that waits; the money is available again."""
    _decide(order, account, Reject(name_from(by), text_from(why, "the reason")), data, as_json)


def _decide(text: str, account: str | None, said: Approve | Reject, data: Path | None, as_json: bool) -> None:
    account_id = account_filter(account)

    async def work(
        runtime: Runtime, settings: Settings
    ) -> tuple[Payout | Batch, Approve | Reject, tuple[Payout, ...] | No]:
        chosen = await chosen_order(runtime, text, account_id)
        proved = replace(said, by=await decided_by(runtime, settings, said.by, as_json=as_json))
        ids = {"batch_id": chosen.batch_id} if isinstance(chosen, Batch) else {"payout_id": chosen.payout_id}
        return chosen, proved, await review_order(runtime, chosen.account_id, proved, **ids)

    chosen, said, decided = with_runtime(data, work)
    if decided is Objection.REVIEWED_BY_ORDERER:
        raise CommandFailed(f"{said.by} ordered {text}, so somebody else must approve it")
    if isinstance(decided, No):
        refused(decided)
    verdict = "approved" if isinstance(said, Approve) else "rejected"
    order_id = chosen.batch_id if isinstance(chosen, Batch) else chosen.payout_id
    if as_json:
        print_json(reviewed_document(chosen, said, decided, verdict))
        return
    amount = f"{total_of(decided, chosen.currency)} {chosen.currency}"
    many = f"batch {order_id}: {len(decided)} payouts, {amount} in all," if isinstance(chosen, Batch) else ""
    what = many or f"payout {order_id} of {amount}"
    out.say(f"{what} {verdict} by {plain(said.by)}")


def _orders_table(orders: Sequence[WaitingOrder], waits: Waits, *, with_account: bool) -> Table:
    account = ["account"] if with_account else []
    headings = [
        "order",
        "ordered (UTC)",
        *account,
        "reference",
        "payouts",
        "total",
        "",
        "ordered by",
        "waits",
        "expires",
    ]
    shown = table(*headings, right=["payouts", "total"])
    for order in orders:
        facts = waiting_order_document(order, waits)
        add(
            shown,
            facts.order_id,
            utc_text(order.payouts[0].created_ms),
            *([facts.account_id] if with_account else []),
            facts.reference,
            f"{len(order.payouts)} of {order.batch.payout_count}" if order.batch else "1",
            facts.total,
            facts.currency,
            facts.ordered_by,
            span_text(waits.now_ms - order.payouts[0].created_ms),
            _expiry_text(order, waits.now_ms),
        )
    return shown


def _expiry_text(order: WaitingOrder, now_ms: int) -> str:
    expires_ms = order.expires_ms
    if expires_ms is None:
        return "never"
    return f"in {span_text(expires_ms - now_ms)}" if expires_ms > now_ms else "now"
