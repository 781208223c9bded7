"""`outlay review …`: what a person must look at before it is sent, and what they say about it.

A batch is one order: it is decided as a whole, unless one payout of it is named by its own id. Who approves is not who
ordered: the core compares the name with that of the credential's holder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from msgspec.structs import replace
from rich.table import Table

from outlay.cli.choice import OfAccountOption, OrderArgument, account_filter, chosen_order
from outlay.cli.common import CommandFailed, DataOption, JsonOption, name_from, refused, text_from, with_runtime
from outlay.cli.duration import span_text
from outlay.cli.output import add, money, out, print_json, table, utc_json, utc_text
from outlay.cli.people import ByOption, decided_by
from outlay.cli.views import waiting_json
from outlay.cli.work import unreadable_json, unreadable_text
from outlay.core.events import Approve, Reject
from outlay.core.help_lines import approve_line, reject_line
from outlay.core.payout import Batch, Payout
from outlay.core.refusal import No, Objection
from outlay.core.waiting import WaitingFor, What
from outlay.kit.characters import plain
from outlay.process.settings import Settings
from outlay.service.operator.list_reviews import WaitingOrder, list_reviews
from outlay.service.operator.review_order import review_order
from outlay.service.operator.waiting import Waits, read_waits
from outlay.service.runtime import Runtime
from outlay.store.unreadable import UnreadablePayout

WIDE_ENOUGH: Final = 170
"""Columns of a terminal from which on the account's id stands beside each order."""

app = typer.Typer(help="Approve or reject what waits for a reviewer.", no_args_is_help=True)


@app.command("list")
def list_waiting(account: OfAccountOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """What waits for a reviewer, the oldest first; the payouts of a batch together."""
    account_id = account_filter(account)

    async def work(
        runtime: Runtime, _settings: Settings
    ) -> tuple[tuple[Sequence[WaitingOrder], Sequence[UnreadablePayout]] | No, Waits]:
        found = await list_reviews(runtime, account_id)
        payouts = () if isinstance(found, No) else [_first(order) for order in found[0]]
        return found, await read_waits(runtime, payouts)

    found, waits = with_runtime(data, work)
    if isinstance(found, No):
        refused(found)
    orders, unreadable = found
    if as_json:
        listed = [_order_json(order, waits) for order in orders]
        print_json({"orders": listed, "unreadable": [unreadable_json(each) for each in unreadable]})
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
    currency, total_minor = chosen.currency, sum(payout.amount_minor for payout in decided)
    if as_json:
        print_json(
            {
                "order_id": str(order_id),
                "account_id": str(chosen.account_id),
                "result": verdict,
                "by": said.by,
                "why": said.text or None,
                "currency": currency,
                "total": money(total_minor, currency),
                "payout_ids": [str(payout.payout_id) for payout in decided],
            }
        )
        return
    amount = f"{money(total_minor, currency)} {currency}"
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
        facts = _order_json(order, waits)
        add(
            shown,
            facts["order_id"],
            utc_text(order.payouts[0].created_ms),
            *([facts["account_id"]] if with_account else []),
            facts["reference"],
            f"{len(order.payouts)} of {order.batch.payout_count}" if order.batch else "1",
            facts["total"],
            facts["currency"],
            facts["ordered_by"],
            span_text(waits.now_ms - order.payouts[0].created_ms),
            _expiry_text(order, waits.now_ms),
        )
    return shown


def _expiry_text(order: WaitingOrder, now_ms: int) -> str:
    expires_ms = _expires_ms(order)
    if expires_ms is None:
        return "never"
    return f"in {span_text(expires_ms - now_ms)}" if expires_ms > now_ms else "now"


def _expires_ms(order: WaitingOrder) -> int | None:
    """The first of them."""
    return min((payout.expires_ms for payout in order.payouts if payout.expires_ms is not None), default=None)


def _first(order: WaitingOrder) -> Payout:
    """The payout of it that expires first."""
    return min(order.payouts, key=lambda payout: (payout.expires_ms is None, payout.expires_ms))


def _waiting(order: WaitingOrder, order_id: int, waits: Waits) -> WaitingFor:
    """Of a batch: with the commands that decide it as a whole."""
    waiting = waits.of(_first(order))
    lines = (approve_line(order_id), reject_line(order_id))
    return replace(waiting, lines=lines) if waiting.what is What.REVIEW else waiting


def _order_json(order: WaitingOrder, waits: Waits) -> dict[str, Any]:
    first, batch, now_ms = order.payouts[0], order.batch, waits.now_ms
    expires_ms = _expires_ms(order)
    order_id = batch.batch_id if batch else first.payout_id
    return {
        "order_id": str(order_id),
        "is_batch": batch is not None,
        "account_id": str(first.account_id),
        "reference": batch.reference if batch else first.reference,
        "currency": first.currency,
        "total": money(sum(payout.amount_minor for payout in order.payouts), first.currency),
        "count": len(order.payouts),
        "count_in_all": batch.payout_count if batch else 1,
        "ordered_by": first.ordered_by,
        "created_at": utc_json(first.created_ms),
        "waits_s": (now_ms - first.created_ms) // 1000,
        "expires_at": utc_json(expires_ms),
        "expires_in_s": max(expires_ms - now_ms, 0) // 1000 if expires_ms is not None else None,
        "payout_ids": [str(payout.payout_id) for payout in order.payouts],
        "waiting_for": waiting_json(_waiting(order, order_id, waits)),
    }
