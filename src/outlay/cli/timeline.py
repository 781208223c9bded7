"""A payout for people: who gets what, then everything that happened, each step with the money that it moved; and the
head of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outlay.cli.output import add, add_caption, cell, lines, table
from outlay.core.attempt import Send
from outlay.core.beneficiary import Beneficiary
from outlay.core.facts import Fact
from outlay.core.help_lines import case_name, ruling_text, same_again
from outlay.core.history import History
from outlay.core.ledger import ADJUSTMENTS, AVAILABLE, FEES, HELD
from outlay.core.payout import Payout
from outlay.core.progress import Review, State
from outlay.core.rulings import Proposal
from outlay.core.shown import BatchShown, PayoutShown
from outlay.core.waiting import WaitingFor, Who
from outlay.present.payouts import fee_charged, proposal_until_ms
from outlay.present.values import money, rate_text, utc_text
from outlay.present.words import CASES, case_state_words, helps, next_words, state_words, waiting_words

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_STYLES = {State.PAID: "green", State.FAILED: "red", State.CANCELLED: "yellow", State.EXPIRED: "yellow"}
_MINOR = "_minor"
_MS = "_ms"
_WHOSE = {
    AVAILABLE: "the merchant's, to spend",
    HELD: "the merchant's, set aside",
    FEES: "charged to the merchant",
    ADJUSTMENTS: "borne by us",
}
_BESIDE = f"{ADJUSTMENTS}:"
_SIGNS = "A minus is money that left that book, a plus came into it."


def state_text(payout: Payout) -> Text:
    return cell(state_words(payout), _STYLES.get(payout.state, ""))


def tables(shown: PayoutShown) -> Iterator[Table]:
    history = shown.history
    yield _head(history.payout)
    if shown.waiting.who is not Who.NOBODY:
        yield waiting_table(shown.waiting)
    yield _facts(history)
    if history.payout.attempts:
        yield _attempts(history.payout)
        yield _heard(history.payout)
    if any(attempt.sends for attempt in history.payout.attempts):
        yield _sends(history.payout)
    if history.payout.cases:
        yield _cases(history.payout)
    if any(case.is_open for case in history.payout.cases):
        yield _helps(history.payout)
    if history.proposal is not None:
        yield _proposal(history.payout, history.proposal)
    if history.postings:
        yield _books(history)


def waiting_table(waiting: WaitingFor) -> Table:
    """A table of its own: it says what to do now."""
    shown = table("waits for", waiting_words(waiting))
    add(shown, "since", f"{utc_text(waiting.since_ms)} UTC")
    add(shown, "next", next_words(waiting))
    for name, line in zip(["what helps", *["or" for _ in waiting.others]], waiting.lines, strict=False):
        add(shown, name, line)
    return shown


def _head(payout: Payout) -> Table:
    head = table("payout", str(payout.payout_id))
    for name, value in _head_lines(payout):
        if value:
            add(head, name, value)
    return head


def _head_lines(payout: Payout) -> Iterator[tuple[str, str | Text]]:
    currency, fee = payout.currency, payout.fee
    yield "state", state_text(payout)
    yield "amount", f"{money(payout.amount_minor, currency)} {currency}"
    yield "fee", f"{fee_charged(payout)} {currency}" + (f" ({_fee_story(payout)})" if fee.total_minor else "")
    yield "to", _beneficiary_text(payout.beneficiary)
    yield "account", str(payout.account_id)
    yield "reference", payout.reference
    yield "batch", str(payout.batch_id or "")
    yield "ordered by", payout.ordered_by
    if payout.origin is not None:
        yield "ordered through", " ".join(filter(None, (payout.origin.dialect, payout.origin.key_id)))
    yield "review", "" if payout.review is Review.NONE else payout.review.value
    yield "rail", " ".join(filter(None, (payout.rail, payout.rail_reference)))
    yield "receipt", payout.receipt_url or ""
    if payout.failure is not None:
        yield "failure", f"{payout.failure.text} ({payout.failure.reason.value})"
    if payout.expires_ms is not None and payout.attempt is None:
        yield "expires", f"{utc_text(payout.expires_ms)} UTC"
    for early in payout.pending.early:
        yield (
            "came back early",
            f"{money(early.amount_minor, currency)} {currency} as {early.number}: kept until it is paid",
        )
    yield "notices to", payout.notify_url or ""
    remarks = payout.remarks
    for name in remarks.__struct_fields__:
        if name != "others":
            yield name.replace("_", " "), getattr(remarks, name)
    yield from remarks.others.items()


def _fee_story(payout: Payout) -> str:
    fee, currency = payout.fee, payout.currency
    plan = f"{money(fee.fixed_minor, currency)} + {rate_text(fee.rate_ppm)} × amount"
    agreed = money(fee.total_minor, currency)
    return plan if fee_charged(payout) == agreed else f"{agreed} = {plan} was set aside and came back"


def batch_head(shown: BatchShown) -> Table:
    batch = shown.batch
    head = table("batch", str(batch.batch_id))
    add(head, "reference", batch.reference)
    add(head, "account", batch.account_id)
    add(head, "ordered", f"{utc_text(batch.created_ms)} UTC by {shown.payouts[0].ordered_by}".removesuffix(" by "))
    add(head, "total", f"{money(batch.total_minor, batch.currency)} {batch.currency} in {batch.payout_count} payouts")
    for standing, (count, minor) in shown.standings().items():
        said = standing.value.replace("_", " ")
        add(head, said, f"{count}, {money(minor, batch.currency)} {batch.currency}")
    return head


def _beneficiary_text(beneficiary: Beneficiary) -> str:
    kind = beneficiary.kind.value.replace("_", " ")
    bank = " ".join(filter(None, (beneficiary.bank_name, beneficiary.bank_code, beneficiary.swift_code)))
    parts = (beneficiary.name, f"{kind} {beneficiary.account_number}".strip(), bank, beneficiary.country)
    return ", ".join(filter(None, parts))


def _facts(history: History) -> Table:
    shown = table("#", "time (UTC)", "fact", "particulars", "money moved", right=["#"], title="What happened")
    for fact in history.facts:
        moved = [
            f"{money(posting.amount_minor, posting.currency)} {posting.source} → {posting.target}"
            for posting in history.postings
            if posting.fact_number == fact.number
        ]
        particulars = _particulars(fact, history.payout.currency)
        add(shown, fact.number, utc_text(fact.at_ms), fact.kind.value.replace("_", " "), particulars, lines(moved))
    return shown


def _particulars(fact: Fact, currency: str) -> Text:
    parts = []
    for name, value in fact.data.items():
        if name == "digest":
            continue  # it says something to `ledger verify` only
        if name.endswith(_MS) and value.isdecimal():
            name, value = name.removesuffix(_MS), f"{utc_text(int(value))} UTC"  # noqa: PLW2901 (shown as a time)
        if name.endswith(_MINOR) and value.isdecimal():
            name, value = name.removesuffix(_MINOR), money(int(value), currency)  # noqa: PLW2901 (shown in major units)
        parts.append(f"{name.replace('_', ' ')}: {value}")
    return lines(parts)


def _attempts(payout: Payout) -> Table:
    shown = table("#", "begun (UTC)", "rail", "reference", "state", "unknown since", right=["#"], title="Attempts")
    for attempt in payout.attempts:
        add(
            shown,
            attempt.number,
            utc_text(attempt.begun_ms),
            attempt.rail,
            attempt.reference,
            attempt.state.value.replace("_", " ") + (", contested" if attempt.is_contested else ""),
            utc_text(attempt.unknown_since_ms),
        )
    return shown


def _heard(payout: Payout) -> Table:
    shown = table(
        *("attempt", "known there as", "refusals", "asked", "last asked (UTC)", "not found, as evidence (UTC)"),
        right=["attempt"],
        title="What the rails say",
    )
    for attempt in payout.attempts:
        add(
            shown,
            attempt.number,
            lines(attempt.rail_references),
            lines(attempt.refusals.splitlines()),
            f"{attempt.questions}×" if attempt.questions else "never",
            utc_text(attempt.asked_ms),
            lines(map(utc_text, attempt.not_found_ms)),
        )
    return shown


def _sends(payout: Payout) -> Table:
    shown = table(
        *("attempt", "send", "recorded (UTC)", "left", "an answer tells from (UTC)"),
        right=["attempt", "send"],
        title="Sends",
    )
    for attempt in payout.attempts:
        for send in attempt.sends:
            add(shown, attempt.number, send.number, utc_text(send.at_ms), _left(send), utc_text(send.final_ms))
    add_caption(shown, "When it was asked, and from when an answer tells, is real time, which no sandbox moves.")
    return shown


def _left(send: Send) -> Text:
    if send.is_late:
        return cell("late", "bold red")
    return cell("whatever left in the time that was lost" if send.is_lost else "in time, or not at all")


def _cases(payout: Payout) -> Table:
    shown = table("case", "since (UTC)", "means", "attempt", "what", "state", title="Cases")
    for case in payout.cases:
        add(
            shown,
            case_name(payout, case),
            utc_text(case.since_ms),
            CASES[case.kind],
            case.attempt_number,
            case.what,
            case_state_words(payout, case),
            style="bold" if case.is_open else None,
        )
    return shown


def _helps(payout: Payout) -> Table:
    """A table of its own: a command in a narrow column cannot be copied."""
    shown = table("case", "what helps")
    for case in payout.cases:
        if case.is_open:
            add(shown, case.number, helps(payout, case) or "only to wait for the rail")
    return shown


def _proposal(payout: Payout, proposal: Proposal) -> Table:
    shown = table("proposed", ruling_text(payout, proposal.ruling), title="Waits for another person's word")
    add(shown, "by", proposal.by)
    add(shown, "note", proposal.note)
    add(shown, "at", f"{utc_text(proposal.at_ms)} UTC")
    add(shown, "until", f"{utc_text(proposal_until_ms(proposal))} UTC")
    add(shown, "decided by", same_again(payout, proposal.ruling))
    return shown


def _books(history: History) -> Table:
    currency = history.payout.currency
    effects = history.book_effects()
    shown = table(
        "book", "whose money", currency, right=[currency], title="What moved in the books of the merchant's account"
    )
    add_caption(shown, _SIGNS)
    for book, minor in effects.items():
        sign = "+" if minor > 0 else ""
        add(shown, book, _whose(book), f"{sign}{money(minor, currency)}")
    shown.add_section()
    add(shown, "sum", "", money(sum(effects.values()), currency))
    return shown


def _whose(book: str) -> str:
    if book.startswith(_BESIDE):
        return "paid there beside this, as people decided"
    return _WHOSE.get(book, "paid out, less what came back")
