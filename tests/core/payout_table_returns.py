"""What rails say of money that came back × every situation (see payout_table.py)."""

from __future__ import annotations

from outlay.core.events import Event, Heard
from outlay.core.outcome import Returned
from tests.core.payout_stories import (
    back,
)
from tests.core.payout_table import read

EVENTS: dict[str, Event] = {
    "return A of 60": back("A", 60),
    "return A of 61": back("A", 61),
    "return C of 41": back("C", 41),
    "return C of 0": back("C", 0),
    "return C of 101": back("C", 101),
    "return A in USD": Heard(1, Returned("A", 60), currency="USD"),
    "return A, of attempt 2": back("A", 60, 2),
}

TABLE = """
== return A of 60
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (begun!): returned_early; case return_before_paid
    begun
processing (unknown!): returned_early; case return_before_paid
    unknown / not found / not found, twice / not found, twice, overdue / late / contested / parked / proposed
    sent twice / sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
    left after all
processing (accepted!): returned_early; case return_before_paid
    accepted / accepted, nameless / sent twice, accepted / between rails, alive again
same
    came back early / between rails, came back early / paid, A came back / paid, all came back
    failed, returns wait
processing (refused!): returned_early; case return_before_paid
    between rails / between rails, contested / refused by people
processing (refused!, begun): returned_early; case return_before_paid
    at the second / at the second, contested
processing (never_submitted!): returned_early; case return_before_paid
    never submitted
paid (paid): returned;
clearing:sandbox > available 60
    paid / paid, after a late send / paid, case closed
paid (paid, begun): returned;
clearing:sandbox > available 60
    paid, one alive
paid (paid, unknown): returned;
clearing:sandbox > available 60
    paid, one alive, asked
paid (paid_unbooked, paid): heard; case return_of_unpaid
    paid, twice
paid (never_submitted): heard; case return_of_unpaid
    paid outside
failed (refused): heard; case return_of_unpaid
    failed
failed (paid_unbooked): heard; case return_of_unpaid
    failed, paid after
failed (never_submitted): heard; case return_of_unpaid
    failed, given back

== return A of 61
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (begun!): returned_early; case return_before_paid
    begun
processing (unknown!): returned_early; case return_before_paid
    unknown / not found / not found, twice / not found, twice, overdue / late / contested / parked / proposed
    sent twice / sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
    left after all
processing (accepted!): returned_early; case return_before_paid
    accepted / accepted, nameless / sent twice, accepted / between rails, alive again
processing (unknown!): heard; case return_conflict
    came back early
processing (refused!): returned_early; case return_before_paid
    between rails / between rails, contested / refused by people
processing (refused!): heard; case return_conflict
    between rails, came back early
processing (refused!, begun): returned_early; case return_before_paid
    at the second / at the second, contested
processing (never_submitted!): returned_early; case return_before_paid
    never submitted
paid (paid): returned;
clearing:sandbox > available 61
    paid / paid, after a late send / paid, case closed
paid (paid): heard; case return_conflict
    paid, A came back / paid, all came back
paid (paid, begun): returned;
clearing:sandbox > available 61
    paid, one alive
paid (paid, unknown): returned;
clearing:sandbox > available 61
    paid, one alive, asked
paid (paid_unbooked, paid): heard; case return_of_unpaid
    paid, twice
paid (never_submitted): heard; case return_of_unpaid
    paid outside
failed (refused): heard; case return_of_unpaid
    failed / failed, returns wait
failed (paid_unbooked): heard; case return_of_unpaid
    failed, paid after
failed (never_submitted): heard; case return_of_unpaid
    failed, given back

== return C of 41
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (begun!): returned_early; case return_before_paid
    begun
processing (unknown!): returned_early; case return_before_paid
    unknown / not found / not found, twice / not found, twice, overdue / late / contested / came back early
    parked / proposed / sent twice / sent twice, doubted / sent twice, once late / unnumbered
    unnumbered, sent again / left after all
processing (accepted!): returned_early; case return_before_paid
    accepted / accepted, nameless / sent twice, accepted / between rails, alive again
processing (refused!): returned_early; case return_before_paid
    between rails / between rails, contested / between rails, came back early / refused by people
processing (refused!, begun): returned_early; case return_before_paid
    at the second / at the second, contested
processing (never_submitted!): returned_early; case return_before_paid
    never submitted
paid (paid): returned;
clearing:sandbox > available 41
    paid / paid, after a late send / paid, case closed
paid (paid): heard; case return_exceeds_paid
    paid, A came back / paid, all came back
paid (paid, begun): returned;
clearing:sandbox > available 41
    paid, one alive
paid (paid, unknown): returned;
clearing:sandbox > available 41
    paid, one alive, asked
paid (paid_unbooked, paid): heard; case return_of_unpaid
    paid, twice
paid (never_submitted): heard; case return_of_unpaid
    paid outside
failed (refused): heard; case return_of_unpaid
    failed / failed, returns wait
failed (paid_unbooked): heard; case return_of_unpaid
    failed, paid after
failed (never_submitted): heard; case return_of_unpaid
    failed, given back

== return C of 0
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (begun!): returned_early; case return_before_paid
    begun
processing (unknown!): returned_early; case return_before_paid
    unknown / not found / not found, twice / not found, twice, overdue / late / contested / came back early
    parked / proposed / sent twice / sent twice, doubted / sent twice, once late / unnumbered
    unnumbered, sent again / left after all
processing (accepted!): returned_early; case return_before_paid
    accepted / accepted, nameless / sent twice, accepted / between rails, alive again
processing (refused!): returned_early; case return_before_paid
    between rails / between rails, contested / between rails, came back early / refused by people
processing (refused!, begun): returned_early; case return_before_paid
    at the second / at the second, contested
processing (never_submitted!): returned_early; case return_before_paid
    never submitted
paid (paid): heard; case return_exceeds_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid, begun): heard; case return_exceeds_paid
    paid, one alive
paid (paid, unknown): heard; case return_exceeds_paid
    paid, one alive, asked
paid (paid_unbooked, paid): heard; case return_of_unpaid
    paid, twice
paid (never_submitted): heard; case return_of_unpaid
    paid outside
failed (refused): heard; case return_of_unpaid
    failed / failed, returns wait
failed (paid_unbooked): heard; case return_of_unpaid
    failed, paid after
failed (never_submitted): heard; case return_of_unpaid
    failed, given back

== return C of 101
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (begun!): returned_early; case return_before_paid
    begun
processing (unknown!): returned_early; case return_before_paid
    unknown / not found / not found, twice / not found, twice, overdue / late / contested / came back early
    parked / proposed / sent twice / sent twice, doubted / sent twice, once late / unnumbered
    unnumbered, sent again / left after all
processing (accepted!): returned_early; case return_before_paid
    accepted / accepted, nameless / sent twice, accepted / between rails, alive again
processing (refused!): returned_early; case return_before_paid
    between rails / between rails, contested / between rails, came back early / refused by people
processing (refused!, begun): returned_early; case return_before_paid
    at the second / at the second, contested
processing (never_submitted!): returned_early; case return_before_paid
    never submitted
paid (paid): heard; case return_exceeds_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid, begun): heard; case return_exceeds_paid
    paid, one alive
paid (paid, unknown): heard; case return_exceeds_paid
    paid, one alive, asked
paid (paid_unbooked, paid): heard; case return_of_unpaid
    paid, twice
paid (never_submitted): heard; case return_of_unpaid
    paid outside
failed (refused): heard; case return_of_unpaid
    failed / failed, returns wait
failed (paid_unbooked): heard; case return_of_unpaid
    failed, paid after
failed (never_submitted): heard; case return_of_unpaid
    failed, given back

== return A in USD
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (begun!): heard; case other_amount
    begun
processing (unknown!): heard; case other_amount
    unknown / not found / not found, twice / not found, twice, overdue / late / contested / came back early
    parked / proposed / sent twice / sent twice, doubted / sent twice, once late / unnumbered
    unnumbered, sent again / left after all
processing (accepted!): heard; case other_amount
    accepted / accepted, nameless / sent twice, accepted / between rails, alive again
processing (refused!): heard; case other_amount
    between rails / between rails, contested / between rails, came back early / refused by people
processing (refused!, begun): heard; case other_amount
    at the second / at the second, contested
processing (never_submitted!): heard; case other_amount
    never submitted
paid (paid!): heard; case other_amount
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): heard; case other_amount
    paid, one alive
paid (paid!, unknown): heard; case other_amount
    paid, one alive, asked
paid (paid_unbooked!, paid): heard; case other_amount
    paid, twice
paid (never_submitted!): heard; case other_amount
    paid outside
failed (refused!): heard; case other_amount
    failed / failed, returns wait
failed (paid_unbooked!): heard; case other_amount
    failed, paid after
failed (never_submitted!): heard; case other_amount
    failed, given back

== return A, of attempt 2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / never submitted / left after all
    refused by people / paid / paid, A came back / paid, all came back / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (refused, begun!): returned_early; case return_before_paid
    at the second
processing (refused!, begun!): returned_early; case return_before_paid
    at the second, contested
paid (paid, begun): heard; case return_of_unpaid
    paid, one alive
paid (paid, unknown): heard; case return_of_unpaid
    paid, one alive, asked
paid (paid_unbooked, paid): returned;
clearing:second > available 60
    paid, twice
"""

EXPECTED = read(TABLE, EVENTS)
