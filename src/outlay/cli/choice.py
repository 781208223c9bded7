"""Which payout or batch is meant: by its number, by the id that an API shows, or by the merchant's own reference.

Every API writes the same number in its own form, with letters around or between the digits. So the letters are dropped
and the rest is the number: that needs no list of forms, and a new API's form works when it comes.

The trap: a merchant can choose a reference that reads like somebody's id. Then nothing is done until it is said which
is meant: `id:…` or `reference:…`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import typer

from outlay.cli.common import CommandFailed, account_id_from, text_from
from outlay.core.ids import MAX_ID
from outlay.core.payout import Batch, Payout
from outlay.present.values import money
from outlay.service.operator.payouts import find_orders, id_of
from outlay.service.runtime import Looking

PayoutArgument = Annotated[
    str, typer.Argument(help="The payout's id as any API shows it, or its reference.", metavar="ID|REFERENCE")
]
OrderArgument = Annotated[
    str,
    typer.Argument(
        help="The id of a payout or of a batch as any API shows it, or its reference.", metavar="ID|REFERENCE"
    ),
]
OfAccountOption = Annotated[
    str | None,
    typer.Option("--account", help="Only of this account; needed where several use one reference.", metavar="ID"),
]

_ID: Final = re.compile(r"[A-Za-z]{0,4}[0-9]+(?:[A-Z]{2}[0-9]+)?", re.ASCII)
_LETTERS: Final = re.compile(r"[A-Za-z]+", re.ASCII)
_LONGEST_ID: Final = 40
_AN_ID: Final = "id:"
_A_REFERENCE: Final = "reference:"


def payout_number(text: str) -> int | None:
    """The number in `text`, None where it cannot be an id."""
    if len(text) > _LONGEST_ID or not _ID.fullmatch(text):
        return None
    number = int(_LETTERS.sub("", text))
    return number if 0 < number <= MAX_ID else None


def account_filter(account: str | None) -> UUID | None:
    return account_id_from(account) if account is not None else None


async def named_orders(looks: Looking, text: str, account_id: UUID | None) -> Sequence[Payout | Batch]:
    """All that may be meant, one at least: the order of this id first. Raises CommandFailed where there is none."""
    number, reference = _meant(text_from(text, "the id"))
    found = await find_orders(looks, number=number, reference=reference, account_id=account_id)
    if not found:
        where = " on this account" if account_id else ""
        raise CommandFailed(f"no payout{where} has the id or reference {text}; `outlay payout list` shows the newest")
    return found


async def chosen_order(looks: Looking, text: str, account_id: UUID | None) -> Payout | Batch:
    """The one payout or batch that is meant. Raises CommandFailed where there is none, or more than one."""
    found = await named_orders(looks, text, account_id)
    if len(found) > 1:
        raise several(text, found)
    return found[0]


def several(text: str, found: Sequence[Payout | Batch]) -> CommandFailed:
    """That it cannot be told which is meant, and how to say it."""
    kind = "orders" if any(isinstance(order, Batch) for order in found) else "payouts"
    said = f"{len(found)} {kind} have the reference {text}; name one by its id, or give --account:"
    if has_id(text, found):
        said = f"{text} is the id of one order and the reference of another; say which: {_AN_ID}… or {_A_REFERENCE}…"
    return CommandFailed("\n".join([said, *map(_line, found)]))


def has_id(text: str, found: Sequence[Payout | Batch]) -> bool:
    """Whether one of them was found by its id."""
    return id_of(found[0]) == _meant(text)[0]


def _meant(text: str) -> tuple[int | None, str | None]:
    """The id and the reference that it may be."""
    if text.startswith(_AN_ID) and (number := payout_number(text.removeprefix(_AN_ID))):
        return number, None
    if text.startswith(_A_REFERENCE):
        return None, text.removeprefix(_A_REFERENCE)
    return payout_number(text), text


async def chosen_payout(looks: Looking, text: str, account_id: UUID | None) -> Payout:
    """The one payout that is meant, which is no batch. Raises CommandFailed."""
    order = await chosen_order(looks, text, account_id)
    if isinstance(order, Batch):
        raise CommandFailed(
            f"{text} is a batch of {order.payout_count} payouts; name one of them by its id "
            f"(`outlay payout show {order.batch_id}` lists them)"
        )
    return order


def _line(order: Payout | Batch) -> str:
    if isinstance(order, Batch):
        amount = f"{money(order.total_minor, order.currency)} {order.currency}"
        return f"  {order.batch_id}  account {order.account_id}  {amount}  {order.payout_count} payouts"
    amount = f"{money(order.amount_minor, order.currency)} {order.currency}"
    return f"  {order.payout_id}  account {order.account_id}  {amount}  {order.state.value}"
