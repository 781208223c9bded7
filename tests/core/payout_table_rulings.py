"""What people decide about the money × every situation (see payout_table.py)."""

from __future__ import annotations

from outlay.core.cases import Remedy
from outlay.core.events import Rule
from outlay.core.rulings import Ruling, Verdict
from tests.core.payout_stories import DAY_MS, at, by_two, closed, ruled
from tests.core.payout_table import Told, read


def _close(case: int, remedy: Remedy, amount_minor: int) -> tuple[Rule, Rule]:
    return closed(case, remedy, amount_minor, "ana"), closed(case, remedy, amount_minor, "bob")


EVENTS: dict[str, Told] = {
    "paid, by one": ruled(Verdict.PAID, "bob", name="CH-1"),
    "paid, by two": by_two(Verdict.PAID, name="CH-1"),
    "paid, by ana and ANA": (ruled(Verdict.PAID, "ana"), ruled(Verdict.PAID, "ANA")),
    "never submitted, by two": by_two(Verdict.NEVER_SUBMITTED),
    "never submitted, bob is the second": ruled(Verdict.NEVER_SUBMITTED, "bob"),
    "never submitted, too early": by_two(Verdict.NEVER_SUBMITTED, ms=1_000),
    "refused, by two": by_two(Verdict.REFUSED),
    "paid outside, by two": by_two(Verdict.PAID_OUTSIDE, name="WIRE-7"),
    "given back, by two": by_two(Verdict.GIVEN_BACK),
    "given back, by one who names case 1": Rule(Ruling(Verdict.GIVEN_BACK, "", 1), "bob", "seen", at(DAY_MS)),
    "case 1: nothing, by one": closed(1),
    "case 1: nothing, by two": _close(1, Remedy.NOTHING, 0),
    "case 1: nothing, of 5": _close(1, Remedy.NOTHING, 5),
    "case 1: paid by merchant": _close(1, Remedy.PAID_BY_MERCHANT, 100),
    "case 1: paid by us": _close(1, Remedy.PAID_BY_US, 100),
    "case 1: back to merchant": _close(1, Remedy.BACK_TO_MERCHANT, 60),
    "case 1: back to us": _close(1, Remedy.BACK_TO_US, 60),
    "case 1: back to us, 101": _close(1, Remedy.BACK_TO_US, 101),
    "case 9": closed(9),
}

TABLE = """
== paid, by one
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    between rails / never submitted / refused by people / paid / paid, A came back / paid, all came back
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
processing (begun): proposed
    begun
processing (unknown): proposed
    unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed / sent twice
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): proposed
    accepted / accepted, nameless / sent twice, accepted
processing (unknown!): proposed
    contested / came back early / left after all
processing (refused!): proposed
    between rails, contested / between rails, came back early
processing (accepted!): proposed
    between rails, alive again
processing (refused, begun): proposed
    at the second
processing (refused!, begun): proposed
    at the second, contested
paid (paid, begun): proposed
    paid, one alive
paid (paid, unknown): proposed
    paid, one alive, asked

== paid, by two
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    between rails / never submitted / refused by people / paid / paid, A came back / paid, all came back
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
paid (paid): paid; held > clearing:sandbox 100; held > fees 7
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted / sent twice, once late
    unnumbered / unnumbered, sent again
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7
    contested / between rails, alive again / left after all
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60
    came back early
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails, contested
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60; case paid_by_dead
    between rails, came back early
paid (refused, paid): paid; held > clearing:second 100; held > fees 7
    at the second
paid (refused!, paid): paid; held > clearing:second 100; held > fees 7
    at the second, contested
paid (paid, paid_unbooked): heard; case paid_twice
    paid, one alive / paid, one alive, asked

== paid, by ana and ANA
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    between rails / never submitted / refused by people / paid / paid, A came back / paid, all came back
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
no NEEDS_ANOTHER_PERSON
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    left after all / paid, one alive / paid, one alive, asked

== never submitted, by two
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    between rails / never submitted / refused by people / paid / paid, A came back / paid, all came back
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
no NOT_ASKED_SINCE
    begun / unknown / late / sent twice / sent twice, once late / unnumbered / unnumbered, sent again
    at the second / at the second, contested / paid, one alive
no EVIDENCE_AGAINST
    accepted / accepted, nameless / contested / came back early / sent twice, accepted / sent twice, doubted
    between rails, contested / between rails, alive again / between rails, came back early / left after all
processing (never_submitted): never_submitted; case parked
    not found / not found, twice / not found, twice, overdue
processing (never_submitted): never_submitted
    parked
no NEEDS_ANOTHER_PERSON
    proposed
paid (paid, never_submitted): never_submitted
    paid, one alive, asked

== never submitted, bob is the second
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    between rails / never submitted / refused by people / paid / paid, A came back / paid, all came back
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
no NOT_ASKED_SINCE
    begun / unknown / late / sent twice / sent twice, once late / unnumbered / unnumbered, sent again
    at the second / at the second, contested / paid, one alive
no EVIDENCE_AGAINST
    accepted / accepted, nameless / contested / came back early / sent twice, accepted / sent twice, doubted
    between rails, contested / between rails, alive again / between rails, came back early / left after all
processing (unknown): proposed
    not found / not found, twice / not found, twice, overdue / parked
processing (never_submitted): never_submitted; case parked
    proposed
paid (paid, unknown): proposed
    paid, one alive, asked

== never submitted, too early
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    between rails / never submitted / refused by people / paid / paid, A came back / paid, all came back
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
no NOT_ASKED_SINCE
    begun / unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed
    sent twice / sent twice, once late / unnumbered / unnumbered, sent again / at the second
    at the second, contested / paid, one alive / paid, one alive, asked
no EVIDENCE_AGAINST
    accepted / accepted, nameless / contested / came back early / sent twice, accepted / sent twice, doubted
    between rails, contested / between rails, alive again / between rails, came back early / left after all

== refused, by two
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    between rails / never submitted / refused by people / paid / paid, A came back / paid, all came back
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
no NOT_ASKED_SINCE
    begun / unknown / accepted / accepted, nameless / late / sent twice / sent twice, accepted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails, contested
    between rails, alive again / at the second / at the second, contested / paid, one alive
processing (refused): attempt_refused; case parked
    not found / not found, twice / not found, twice, overdue / contested / came back early / proposed
    sent twice, doubted / between rails, came back early
processing (refused): attempt_refused
    parked / left after all
paid (paid, refused): attempt_refused
    paid, one alive, asked

== paid outside, by two
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / paid / paid, A came back / paid, all came back / paid, one alive
    paid, one alive, asked / paid, twice / paid, after a late send / paid, case closed / paid outside / failed
    failed, paid after / failed, given back / failed, returns wait / failed, in review / cancelled
    cancelled, in review / expired / expired, in review
paid: paid; held > clearing:outside 100; held > fees 7
    reserved / reserved, approved / reserved, parked / reserved, overdue
no ATTEMPT_NOT_DEAD
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    left after all
paid (refused): paid; held > clearing:outside 100; held > fees 7
    between rails / refused by people
paid (never_submitted): paid; held > clearing:outside 100; held > fees 7
    never submitted

== given back, by two
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / paid
    paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked / paid, twice
    paid, after a late send / paid, case closed / paid outside / failed / failed, paid after / failed, given back
    failed, returns wait / failed, in review / cancelled / cancelled, in review / expired / expired, in review
no ATTEMPT_NOT_DEAD
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    left after all
failed (refused): failed; held > available 107
    between rails / refused by people
failed (never_submitted): failed; held > available 107
    never submitted

== given back, by one who names case 1
no NOTHING_TO_SETTLE
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / paid
    paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked / paid, twice
    paid, after a late send / paid, case closed / paid outside / failed / failed, paid after / failed, given back
    failed, returns wait / failed, in review / cancelled / cancelled, in review / expired / expired, in review
no ATTEMPT_NOT_DEAD
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    left after all
processing (refused): proposed
    between rails / refused by people
processing (never_submitted): proposed
    never submitted

== case 1: nothing, by one
no CASE_NOT_FOUND
    in_review / in_review, overdue / reserved / reserved, approved / reserved, overdue / begun / unknown
    accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / proposed
    sent twice / sent twice, accepted / sent twice, doubted / unnumbered / unnumbered, sent again / between rails
    at the second / paid / paid, A came back / paid, all came back / failed / failed, in review / cancelled
    cancelled, in review / expired / expired, in review
no MONEY_STILL_OPEN
    reserved, parked / late / contested / came back early / parked / sent twice, once late
    between rails, contested / between rails, alive again / between rails, came back early
    at the second, contested / never submitted / left after all / refused by people / paid, one alive
    paid, one alive, asked
paid (paid_unbooked, paid): proposed
    paid, twice
paid (paid): case_closed; closed late_send
    paid, after a late send
no CASE_IS_CLOSED
    paid, case closed
paid (never_submitted): case_closed; closed parked
    paid outside
failed (paid_unbooked): proposed
    failed, paid after
failed (never_submitted): case_closed; closed parked
    failed, given back
failed (refused): proposed
    failed, returns wait

== case 1: nothing, by two
no CASE_NOT_FOUND
    in_review / in_review, overdue / reserved / reserved, approved / reserved, overdue / begun / unknown
    accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / proposed
    sent twice / sent twice, accepted / sent twice, doubted / unnumbered / unnumbered, sent again / between rails
    at the second / paid / paid, A came back / paid, all came back / failed / failed, in review / cancelled
    cancelled, in review / expired / expired, in review
no MONEY_STILL_OPEN
    reserved, parked / late / contested / came back early / parked / sent twice, once late
    between rails, contested / between rails, alive again / between rails, came back early
    at the second, contested / never submitted / left after all / refused by people / paid, one alive
    paid, one alive, asked
paid (paid_unbooked, paid): case_closed; closed paid_twice
    paid, twice
no CASE_IS_CLOSED
    paid, after a late send / paid, case closed / paid outside / failed, given back
failed (paid_unbooked): case_closed; closed paid_after_failed
    failed, paid after
failed (refused): case_closed; closed return_before_paid
    failed, returns wait

== case 1: nothing, of 5
no CASE_NOT_FOUND
    in_review / in_review, overdue / reserved / reserved, approved / reserved, overdue / begun / unknown
    accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / proposed
    sent twice / sent twice, accepted / sent twice, doubted / unnumbered / unnumbered, sent again / between rails
    at the second / paid / paid, A came back / paid, all came back / failed / failed, in review / cancelled
    cancelled, in review / expired / expired, in review
no MONEY_STILL_OPEN
    reserved, parked / late / contested / came back early / parked / sent twice, once late
    between rails, contested / between rails, alive again / between rails, came back early
    at the second, contested / never submitted / left after all / refused by people / paid, one alive
    paid, one alive, asked
no REMEDY_IMPOSSIBLE
    paid, twice / paid, after a late send / paid outside / failed, paid after / failed, given back
    failed, returns wait
no CASE_IS_CLOSED
    paid, case closed

== case 1: paid by merchant
no CASE_NOT_FOUND
    in_review / in_review, overdue / reserved / reserved, approved / reserved, overdue / begun / unknown
    accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / proposed
    sent twice / sent twice, accepted / sent twice, doubted / unnumbered / unnumbered, sent again / between rails
    at the second / paid / paid, A came back / paid, all came back / failed / failed, in review / cancelled
    cancelled, in review / expired / expired, in review
no MONEY_STILL_OPEN
    reserved, parked / late / contested / came back early / parked / sent twice, once late
    between rails, contested / between rails, alive again / between rails, came back early
    at the second, contested / never submitted / left after all / refused by people / paid, one alive
    paid, one alive, asked
paid (paid_unbooked, paid): case_closed; available > adjustments:sandbox 100; closed paid_twice
    paid, twice
no REMEDY_IMPOSSIBLE
    paid, after a late send / paid outside / failed, given back / failed, returns wait
no CASE_IS_CLOSED
    paid, case closed
failed (paid_unbooked): case_closed; available > adjustments:sandbox 100; closed paid_after_failed
    failed, paid after

== case 1: paid by us
no CASE_NOT_FOUND
    in_review / in_review, overdue / reserved / reserved, approved / reserved, overdue / begun / unknown
    accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / proposed
    sent twice / sent twice, accepted / sent twice, doubted / unnumbered / unnumbered, sent again / between rails
    at the second / paid / paid, A came back / paid, all came back / failed / failed, in review / cancelled
    cancelled, in review / expired / expired, in review
no MONEY_STILL_OPEN
    reserved, parked / late / contested / came back early / parked / sent twice, once late
    between rails, contested / between rails, alive again / between rails, came back early
    at the second, contested / never submitted / left after all / refused by people / paid, one alive
    paid, one alive, asked
paid (paid_unbooked, paid): case_closed; adjustments > adjustments:sandbox 100; closed paid_twice
    paid, twice
no REMEDY_IMPOSSIBLE
    paid, after a late send / paid outside / failed, given back / failed, returns wait
no CASE_IS_CLOSED
    paid, case closed
failed (paid_unbooked): case_closed; adjustments > adjustments:sandbox 100; closed paid_after_failed
    failed, paid after

== case 1: back to merchant
no CASE_NOT_FOUND
    in_review / in_review, overdue / reserved / reserved, approved / reserved, overdue / begun / unknown
    accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / proposed
    sent twice / sent twice, accepted / sent twice, doubted / unnumbered / unnumbered, sent again / between rails
    at the second / paid / paid, A came back / paid, all came back / failed / failed, in review / cancelled
    cancelled, in review / expired / expired, in review
no MONEY_STILL_OPEN
    reserved, parked / late / contested / came back early / parked / sent twice, once late
    between rails, contested / between rails, alive again / between rails, came back early
    at the second, contested / never submitted / left after all / refused by people / paid, one alive
    paid, one alive, asked
no REMEDY_IMPOSSIBLE
    paid, twice / paid, after a late send / paid outside / failed, paid after / failed, given back
no CASE_IS_CLOSED
    paid, case closed
failed (refused): case_closed; adjustments:sandbox > available 60; closed return_before_paid
    failed, returns wait

== case 1: back to us
no CASE_NOT_FOUND
    in_review / in_review, overdue / reserved / reserved, approved / reserved, overdue / begun / unknown
    accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / proposed
    sent twice / sent twice, accepted / sent twice, doubted / unnumbered / unnumbered, sent again / between rails
    at the second / paid / paid, A came back / paid, all came back / failed / failed, in review / cancelled
    cancelled, in review / expired / expired, in review
no MONEY_STILL_OPEN
    reserved, parked / late / contested / came back early / parked / sent twice, once late
    between rails, contested / between rails, alive again / between rails, came back early
    at the second, contested / never submitted / left after all / refused by people / paid, one alive
    paid, one alive, asked
no REMEDY_IMPOSSIBLE
    paid, twice / paid, after a late send / paid outside / failed, paid after / failed, given back
no CASE_IS_CLOSED
    paid, case closed
failed (refused): case_closed; adjustments:sandbox > adjustments 60; closed return_before_paid
    failed, returns wait

== case 1: back to us, 101
no CASE_NOT_FOUND
    in_review / in_review, overdue / reserved / reserved, approved / reserved, overdue / begun / unknown
    accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / proposed
    sent twice / sent twice, accepted / sent twice, doubted / unnumbered / unnumbered, sent again / between rails
    at the second / paid / paid, A came back / paid, all came back / failed / failed, in review / cancelled
    cancelled, in review / expired / expired, in review
no MONEY_STILL_OPEN
    reserved, parked / late / contested / came back early / parked / sent twice, once late
    between rails, contested / between rails, alive again / between rails, came back early
    at the second, contested / never submitted / left after all / refused by people / paid, one alive
    paid, one alive, asked
no REMEDY_IMPOSSIBLE
    paid, twice / paid, after a late send / paid outside / failed, paid after / failed, given back
    failed, returns wait
no CASE_IS_CLOSED
    paid, case closed

== case 9
no CASE_NOT_FOUND
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid / paid, A came back / paid, all came back
    paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review
"""

EXPECTED = read(TABLE, EVENTS)
