"""What people can say of a payout, in words, and the lines of the command line by which they say it: text, no more.

Leaves to others: whether it may be said (core.ruling), and which of it is needed now (core.waiting).

The trap: a line that is shown here is typed by somebody who decides about money. It says exactly what it is shown for,
and it never holds the name of whoever types it: they give their own.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Final

from outlay.core.cases import Case, Remedy
from outlay.core.currencies import EXPONENTS
from outlay.core.money import format_amount
from outlay.core.payout import Payout
from outlay.core.rulings import Ruling, Verdict

FLAGS: Final[Mapping[Verdict, str]] = {
    Verdict.PAID: "--paid",
    Verdict.NEVER_SUBMITTED: "--never-submitted",
    Verdict.REFUSED: "--refused",
    Verdict.PAID_OUTSIDE: "--paid-outside",
    Verdict.GIVEN_BACK: "--give-back",
}
"""Of `payout settle`."""
WHO: Final = "--by NAME --note TEXT"


def case_name(payout: Payout, case: Case) -> str:
    return f"{payout.payout_id}:{case.number}"


def remedy_word(remedy: Remedy) -> str:
    return remedy.value.replace("_", "-")


def approve_line(order_id: int) -> str:
    return f"outlay review approve {order_id} --by NAME"


def reject_line(order_id: int) -> str:
    return f"outlay review reject {order_id} --by NAME --why TEXT"


def cancel_line(payout: Payout) -> str:
    return f"outlay payout cancel {payout.payout_id} --by NAME"


def settle_line(payout: Payout, *verdicts: Verdict) -> str:
    """With more than one verdict, what there is to choose from."""
    return f"outlay payout settle {payout.payout_id} {'|'.join(FLAGS[verdict] for verdict in verdicts)} {WHO}"


def show_line(payout: Payout, case: Case) -> str:
    return f"outlay case show {case_name(payout, case)}"


def close_line(payout: Payout, case: Case, *remedies: Remedy) -> str:
    """With more than one remedy, what there is to choose from."""
    chosen = f"--remedy {'|'.join(map(remedy_word, remedies))} " if remedies else ""
    return f"outlay case close {case_name(payout, case)} {chosen}{WHO}"


def same_again(payout: Payout, ruling: Ruling) -> str:
    """By which another person says exactly this."""
    if ruling.verdict is not Verdict.CLOSE_CASE:
        named = f" --rail-reference {shlex.quote(ruling.rail_reference)}" if ruling.rail_reference else ""
        return f"outlay payout settle {payout.payout_id} {FLAGS[ruling.verdict]}{named} {WHO}"
    amount = f" --amount {amount_text(payout, ruling.amount_minor)}" if ruling.amount_minor else ""
    remedy = f"--remedy {remedy_word(ruling.remedy)}{amount}"
    return f"outlay case close {payout.payout_id}:{ruling.case_number} {remedy} {WHO}"


def ruling_text(payout: Payout, ruling: Ruling) -> str:
    if ruling.verdict is not Verdict.CLOSE_CASE:
        named = f", as {ruling.rail_reference}" if ruling.rail_reference else ""
        return f"{FLAGS[ruling.verdict].removeprefix('--').replace('-', ' ')}{named}"
    return (
        f"close case {payout.payout_id}:{ruling.case_number}, {remedy_text(payout, ruling.remedy, ruling.amount_minor)}"
    )


def remedy_text(payout: Payout, remedy: Remedy, amount_minor: int) -> str:
    if remedy is Remedy.NOTHING:
        return "no money moves"
    said = remedy.value.replace("_", " ")
    return f"{said}: {amount_text(payout, amount_minor)} {payout.currency}" if amount_minor else said


def amount_text(payout: Payout, minor: int) -> str:
    return format_amount(minor, EXPONENTS[payout.currency])
