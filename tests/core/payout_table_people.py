"""What people, the clock and workers bring × every situation (see payout_table.py)."""

from __future__ import annotations

from outlay.core.attempt import RailTerms
from outlay.core.cases import CaseKind
from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Expire, Park, Reject, SendAgain
from tests.core.payout_stories import APART, FINAL, HOUR_MS, RAIL, SECOND_RAIL, at, late
from tests.core.payout_table import read

EVENTS: dict[str, Event] = {
    "approve": Approve("bob"),
    "approve, by ANA": Approve("ANA"),
    "reject": Reject("bob", "looks odd"),
    "cancel": Cancel("ana"),
    "expire": Expire(),
    "begin": BeginAttempt(None, at(1_000)),
    "begin, over sandbox": BeginAttempt(RAIL, at(1_000)),
    "begin, over the second": BeginAttempt(SECOND_RAIL, at(1_000)),
    "send 1 again": SendAgain(1, RAIL, at(FINAL + APART)),
    "send 1 again, duplicates are paid": SendAgain(1, RailTerms("sandbox"), at(FINAL + APART)),
    "send 2 again": SendAgain(2, SECOND_RAIL, at(FINAL + APART)),
    "sent late": late(HOUR_MS),
    "sent late, send 2": late(HOUR_MS, send=2),
    "park 1": Park(1, "it is old"),
    "park 2": Park(2, "it is old"),
    "park, not sent": Park(None, "its reference is taken"),
    "park, changed": Park(None, "another instruction", CaseKind.INSTRUCTION_CHANGED),
}

TABLE = """
== approve
reserved: approved
    in_review / in_review, overdue
no NOT_IN_REVIEW
    reserved / reserved, approved / reserved, parked / reserved, overdue / begun / unknown / accepted
    accepted, nameless / not found / not found, twice / not found, twice, overdue / late / contested
    came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid / paid, A came back / paid, all came back
    paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review

== approve, by ANA
no REVIEWED_BY_ORDERER
    in_review / in_review, overdue
no NOT_IN_REVIEW
    reserved / reserved, approved / reserved, parked / reserved, overdue / begun / unknown / accepted
    accepted, nameless / not found / not found, twice / not found, twice, overdue / late / contested
    came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid / paid, A came back / paid, all came back
    paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review

== reject
failed: rejected; held > available 107
    in_review / in_review, overdue
no NOT_IN_REVIEW
    reserved / reserved, approved / reserved, parked / reserved, overdue / begun / unknown / accepted
    accepted, nameless / not found / not found, twice / not found, twice, overdue / late / contested
    came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid / paid, A came back / paid, all came back
    paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review

== cancel
cancelled: cancelled; held > available 107
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
no ALREADY_SENT
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails
    between rails, contested / between rails, alive again / between rails, came back early / at the second
    at the second, contested / never submitted / left after all / refused by people
no ALREADY_ENDED
    paid / paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked / paid, twice
    paid, after a late send / paid, case closed / paid outside / failed / failed, paid after / failed, given back
    failed, returns wait / failed, in review / expired / expired, in review
same
    cancelled / cancelled, in review

== expire
expired: expired; held > available 107
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
no ALREADY_SENT
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails
    between rails, contested / between rails, alive again / between rails, came back early / at the second
    at the second, contested / never submitted / left after all / refused by people
no ALREADY_ENDED
    paid / paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked / paid, twice
    paid, after a late send / paid, case closed / paid outside / failed / failed, paid after / failed, given back
    failed, returns wait / failed, in review / cancelled / cancelled, in review
same
    expired / expired, in review

== begin
no AWAITS_REVIEW
    in_review / in_review, overdue
processing (begun): attempt_begun
    reserved / reserved, approved / reserved, parked
no ALREADY_ENDED
    reserved, overdue / paid / paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
no ATTEMPT_LIVE
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
    between rails, alive again / at the second / at the second, contested / left after all
processing (refused, begun): attempt_begun
    between rails
no AWAITS_PEOPLE
    between rails, contested / between rails, came back early / never submitted / refused by people

== begin, over sandbox
no AWAITS_REVIEW
    in_review / in_review, overdue
processing (begun): attempt_begun
    reserved / reserved, approved / reserved, parked
no ALREADY_ENDED
    reserved, overdue / paid / paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
no ATTEMPT_LIVE
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
    between rails, alive again / at the second / at the second, contested / left after all
no ALREADY_SENT
    between rails
no AWAITS_PEOPLE
    between rails, contested / between rails, came back early / never submitted / refused by people

== begin, over the second
no AWAITS_REVIEW
    in_review / in_review, overdue
no ALREADY_SENT
    reserved / reserved, approved / reserved, parked
no ALREADY_ENDED
    reserved, overdue / paid / paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
no ATTEMPT_LIVE
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
    between rails, alive again / at the second / at the second, contested / left after all
processing (refused, begun): attempt_begun
    between rails
no AWAITS_PEOPLE
    between rails, contested / between rails, came back early / never submitted / refused by people

== send 1 again
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
no NOT_TO_BE_SENT_AGAIN
    begun / unknown / accepted / accepted, nameless / not found / not found, twice, overdue / late / contested
    came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid / paid, A came back / paid, all came back
    paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait
processing (unknown): sent_again
    not found, twice

== send 1 again, duplicates are paid
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
no NOT_TO_BE_SENT_AGAIN
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails
    between rails, contested / between rails, alive again / between rails, came back early / at the second
    at the second, contested / never submitted / left after all / refused by people / paid / paid, A came back
    paid, all came back / paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait

== send 2 again
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / never submitted / left after all
    refused by people / paid / paid, A came back / paid, all came back / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
no NOT_TO_BE_SENT_AGAIN
    at the second / at the second, contested / paid, one alive / paid, one alive, asked / paid, twice

== sent late
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    unnumbered / unnumbered, sent again / failed, in review / cancelled / cancelled, in review / expired
    expired, in review
processing (begun): sent_late; case late_send
    begun
processing (unknown): sent_late; case late_send
    unknown / not found / not found, twice / not found, twice, overdue / parked / proposed / sent twice
    sent twice, doubted / sent twice, once late
processing (accepted): sent_late; case late_send
    accepted / accepted, nameless / sent twice, accepted
same
    late / left after all / paid, after a late send / paid, case closed
processing (unknown!): sent_late; case late_send
    contested / came back early / never submitted / refused by people
processing (refused): sent_late; case late_send
    between rails
processing (refused!): sent_late; case late_send
    between rails, contested / between rails, came back early
processing (accepted!): sent_late; case late_send
    between rails, alive again
processing (refused, begun): sent_late; case late_send
    at the second
processing (refused!, begun): sent_late; case late_send
    at the second, contested
paid (paid): sent_late; case late_send
    paid / paid, A came back / paid, all came back
paid (paid, begun): sent_late; case late_send
    paid, one alive
paid (paid, unknown): sent_late; case late_send
    paid, one alive, asked
paid (paid_unbooked, paid): sent_late; case late_send
    paid, twice
paid (never_submitted!): sent_late; case late_send
    paid outside
failed (refused): sent_late; case late_send
    failed
failed (refused!): sent_late; case late_send
    failed, returns wait
failed (paid_unbooked): sent_late; case late_send
    failed, paid after
failed (never_submitted!): sent_late; case late_send
    failed, given back

== sent late, send 2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / unnumbered / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid / paid, A came back / paid, all came back
    paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review
processing (unknown): sent_late; case late_send
    sent twice / sent twice, doubted / unnumbered, sent again
processing (accepted): sent_late; case late_send
    sent twice, accepted
same
    sent twice, once late

== park 1
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (begun): parked; case parked
    begun
processing (unknown): parked; case parked
    unknown / not found / not found, twice / not found, twice, overdue / late / proposed / sent twice
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): parked; case parked
    accepted / accepted, nameless / sent twice, accepted
processing (unknown!): parked; case parked
    contested / came back early
same
    parked / never submitted / left after all / refused by people
processing (refused): parked; case parked
    between rails
processing (refused!): parked; case parked
    between rails, contested / between rails, came back early
processing (accepted!): parked; case parked
    between rails, alive again
processing (refused, begun): parked; case parked
    at the second
processing (refused!, begun): parked; case parked
    at the second, contested
no ALREADY_ENDED
    paid / paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked / paid, twice
    paid, after a late send / paid, case closed / paid outside / failed / failed, paid after / failed, given back
    failed, returns wait

== park 2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / never submitted / left after all
    refused by people / paid / paid, A came back / paid, all came back / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (refused, begun): parked; case parked
    at the second
processing (refused!, begun): parked; case parked
    at the second, contested
paid (paid, begun): parked; case parked
    paid, one alive
paid (paid, unknown): parked; case parked
    paid, one alive, asked
no ALREADY_ENDED
    paid, twice

== park, not sent
in_review: parked; case parked
    in_review / in_review, overdue
reserved: parked; case parked
    reserved / reserved, approved / reserved, overdue
same
    reserved, parked
no ATTEMPT_UNKNOWN
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    left after all / paid, one alive / paid, one alive, asked
processing (refused): parked; case parked
    between rails / refused by people
processing (never_submitted): parked; case parked
    never submitted
no ALREADY_ENDED
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review

== park, changed
in_review: parked; case instruction_changed
    in_review / in_review, overdue
reserved: parked; case instruction_changed
    reserved / reserved, approved / reserved, parked / reserved, overdue
no ATTEMPT_UNKNOWN
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / contested / came back early / parked / proposed / sent twice / sent twice, accepted
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    left after all / paid, one alive / paid, one alive, asked
processing (refused): parked; case instruction_changed
    between rails / refused by people
processing (never_submitted): parked; case instruction_changed
    never submitted
no ALREADY_ENDED
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review
"""

EXPECTED = read(TABLE, EVENTS)
