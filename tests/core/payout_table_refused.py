"""What rails say of attempts that they refused or do not know × every situation (see payout_table.py)."""

from __future__ import annotations

from outlay.core.events import Event, Heard, Source
from tests.core.payout_stories import (
    HOUR_MS,
    NO_FUNDS,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    TIMEOUT,
    asked,
    at,
    called,
    sent,
)
from tests.core.payout_table import read

EVENTS: dict[str, Event] = {
    "refused, in answer": sent(NO_SUCH_ACCOUNT),
    "refused, in answer, elsewhere it may go": sent(NO_FUNDS),
    "refused, of itself": called(NO_SUCH_ACCOUNT),
    "refused, asked early": asked(1_000, NO_SUCH_ACCOUNT),
    "refused, asked when all is final": asked(HOUR_MS, NO_SUCH_ACCOUNT),
    "refused, in the statement": Heard(1, NO_SUCH_ACCOUNT, Source.STATEMENT, "line 10", asked_ms=at(HOUR_MS)),
    "refused, of attempt 2": sent(NO_SUCH_ACCOUNT, 2),
    "unknown": sent(TIMEOUT),
    "unknown, of attempt 2": sent(TIMEOUT, 2),
    "not found, asked early": asked(1_000, NOT_FOUND),
    "not found, asked when all is final": asked(HOUR_MS, NOT_FOUND),
    "not found, of itself": called(NOT_FOUND),
    "not found, of attempt 2": asked(HOUR_MS, NOT_FOUND, 2),
}

TABLE = """
== refused, in answer
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
failed (refused): failed; held > available 107
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed
processing (unknown!): heard
    contested / came back early / left after all
processing (unknown): heard
    sent twice / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): heard
    sent twice, accepted
same
    sent twice, doubted / failed
processing (refused): heard
    between rails / refused by people
processing (refused!): heard
    between rails, contested / between rails, came back early
processing (accepted!): heard
    between rails, alive again
processing (refused, begun): heard
    at the second
processing (refused!, begun): heard
    at the second, contested
processing (refused): attempt_refused
    never submitted
paid (paid!): heard; case refused_after_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): heard; case refused_after_paid
    paid, one alive
paid (paid!, unknown): heard; case refused_after_paid
    paid, one alive, asked
paid (paid_unbooked!, paid): heard; case refused_after_paid
    paid, twice
paid (refused): attempt_refused
    paid outside
failed (paid_unbooked!): heard; case refused_after_paid
    failed, paid after
failed (refused): attempt_refused
    failed, given back
failed (refused): heard
    failed, returns wait

== refused, in answer, elsewhere it may go
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (refused): attempt_refused
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    parked / proposed / never submitted
failed (refused): failed; held > available 107
    late
processing (unknown!): heard
    contested / came back early / left after all
processing (unknown): heard
    sent twice / sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): heard
    sent twice, accepted
same
    between rails / between rails, contested / between rails, alive again / between rails, came back early
    at the second / at the second, contested
processing (refused): heard
    refused by people
paid (paid!): heard; case refused_after_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): heard; case refused_after_paid
    paid, one alive
paid (paid!, unknown): heard; case refused_after_paid
    paid, one alive, asked
paid (paid_unbooked!, paid): heard; case refused_after_paid
    paid, twice
paid (refused): attempt_refused
    paid outside
failed (refused): heard
    failed / failed, returns wait
failed (paid_unbooked!): heard; case refused_after_paid
    failed, paid after
failed (refused): attempt_refused
    failed, given back

== refused, of itself
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
failed (refused): failed; held > available 107
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed
processing (unknown!): heard
    contested / came back early / left after all
processing (unknown): heard
    sent twice / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): heard
    sent twice, accepted
same
    sent twice, doubted / failed
processing (refused): heard
    between rails / refused by people
processing (refused!): heard
    between rails, contested / between rails, came back early
processing (accepted!): heard
    between rails, alive again
processing (refused, begun): heard
    at the second
processing (refused!, begun): heard
    at the second, contested
processing (refused): attempt_refused
    never submitted
paid (paid!): heard; case refused_after_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): heard; case refused_after_paid
    paid, one alive
paid (paid!, unknown): heard; case refused_after_paid
    paid, one alive, asked
paid (paid_unbooked!, paid): heard; case refused_after_paid
    paid, twice
paid (refused): attempt_refused
    paid outside
failed (paid_unbooked!): heard; case refused_after_paid
    failed, paid after
failed (refused): attempt_refused
    failed, given back
failed (refused): heard
    failed, returns wait

== refused, asked early
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
failed (refused): failed; held > available 107
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed
processing (unknown!): heard
    contested / came back early / left after all
processing (unknown): heard
    sent twice / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): heard
    sent twice, accepted
same, asked
    sent twice, doubted / failed
processing (refused): heard
    between rails / refused by people
processing (refused!): heard
    between rails, contested / between rails, came back early
processing (accepted!): heard
    between rails, alive again
processing (refused, begun): heard
    at the second
processing (refused!, begun): heard
    at the second, contested
processing (refused): attempt_refused
    never submitted
paid (paid!): heard; case refused_after_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): heard; case refused_after_paid
    paid, one alive
paid (paid!, unknown): heard; case refused_after_paid
    paid, one alive, asked
paid (paid_unbooked!, paid): heard; case refused_after_paid
    paid, twice
paid (refused): attempt_refused
    paid outside
failed (paid_unbooked!): heard; case refused_after_paid
    failed, paid after
failed (refused): attempt_refused
    failed, given back
failed (refused): heard
    failed, returns wait

== refused, asked when all is final
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
failed (refused): failed; held > available 107
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted / unnumbered
    unnumbered, sent again
processing (unknown!): heard
    contested / came back early / left after all
processing (unknown): heard
    sent twice, once late
processing (refused): heard
    between rails / refused by people
processing (refused!): heard
    between rails, contested / between rails, came back early
processing (accepted!): heard
    between rails, alive again
processing (refused, begun): heard
    at the second
processing (refused!, begun): heard
    at the second, contested
processing (refused): attempt_refused
    never submitted
paid (paid!): heard; case refused_after_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): heard; case refused_after_paid
    paid, one alive
paid (paid!, unknown): heard; case refused_after_paid
    paid, one alive, asked
paid (paid_unbooked!, paid): heard; case refused_after_paid
    paid, twice
paid (refused): attempt_refused
    paid outside
same, asked
    failed
failed (paid_unbooked!): heard; case refused_after_paid
    failed, paid after
failed (refused): attempt_refused
    failed, given back
failed (refused): heard
    failed, returns wait

== refused, in the statement
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
failed (refused): failed; held > available 107
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted / unnumbered
    unnumbered, sent again
processing (unknown!): heard
    contested / came back early / left after all
processing (unknown): heard
    sent twice, once late
processing (refused): heard
    between rails / refused by people
processing (refused!): heard
    between rails, contested / between rails, came back early
processing (accepted!): heard
    between rails, alive again
processing (refused, begun): heard
    at the second
processing (refused!, begun): heard
    at the second, contested
processing (refused): attempt_refused
    never submitted
paid (paid!): heard; case refused_after_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): heard; case refused_after_paid
    paid, one alive
paid (paid!, unknown): heard; case refused_after_paid
    paid, one alive, asked
paid (paid_unbooked!, paid): heard; case refused_after_paid
    paid, twice
paid (refused): attempt_refused
    paid outside
same
    failed
failed (paid_unbooked!): heard; case refused_after_paid
    failed, paid after
failed (refused): attempt_refused
    failed, given back
failed (refused): heard
    failed, returns wait

== refused, of attempt 2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / never submitted / left after all
    refused by people / paid / paid, A came back / paid, all came back / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
failed (refused, refused): failed; held > available 107
    at the second
processing (refused!, refused): attempt_refused; case parked
    at the second, contested
paid (paid, refused): attempt_refused
    paid, one alive / paid, one alive, asked
paid (paid_unbooked, paid!): heard; case refused_after_paid
    paid, twice

== unknown
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (unknown): attempt_unknown
    begun
same
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid / paid, A came back / paid, all came back
    paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait

== unknown, of attempt 2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / never submitted / left after all
    refused by people / paid / paid, A came back / paid, all came back / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (refused, unknown): attempt_unknown
    at the second
processing (refused!, unknown): attempt_unknown
    at the second, contested
paid (paid, unknown): attempt_unknown
    paid, one alive
same
    paid, one alive, asked / paid, twice

== not found, asked early
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
same, asked
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails
    between rails, contested / between rails, alive again / between rails, came back early / at the second
    at the second, contested / never submitted / left after all / refused by people / paid / paid, A came back
    paid, all came back / paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait

== not found, asked when all is final
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (begun): not_found
    begun
processing (unknown): not_found
    unknown / not found / late / parked / proposed / sent twice / sent twice, doubted / sent twice, once late
    unnumbered / unnumbered, sent again
processing (accepted): heard; case not_found_after_known
    accepted / accepted, nameless / sent twice, accepted
same, asked
    not found, twice / not found, twice, overdue / between rails / between rails, contested
    between rails, came back early / at the second / at the second, contested / never submitted
    refused by people / paid outside / failed / failed, given back / failed, returns wait
processing (unknown!): not_found
    contested / came back early / left after all
processing (accepted!): heard; case not_found_after_known
    between rails, alive again
paid (paid): heard; case not_found_after_known
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid, begun): heard; case not_found_after_known
    paid, one alive
paid (paid, unknown): heard; case not_found_after_known
    paid, one alive, asked
paid (paid_unbooked, paid): heard; case not_found_after_known
    paid, twice
failed (paid_unbooked): heard; case not_found_after_known
    failed, paid after

== not found, of itself
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
same
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails
    between rails, contested / between rails, alive again / between rails, came back early / at the second
    at the second, contested / never submitted / left after all / refused by people / paid / paid, A came back
    paid, all came back / paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait

== not found, of attempt 2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / never submitted / left after all
    refused by people / paid / paid, A came back / paid, all came back / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (refused, begun): not_found
    at the second
processing (refused!, begun): not_found
    at the second, contested
paid (paid, begun): not_found
    paid, one alive
paid (paid, unknown): not_found
    paid, one alive, asked
paid (paid_unbooked, paid): heard; case not_found_after_known
    paid, twice
"""

EXPECTED = read(TABLE, EVENTS)
