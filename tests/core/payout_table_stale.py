"""Every event × every situation of a payout that is older than its account's epoch (see payout_table.py, whose
`written(EVENTS, result)` fills it anew)."""

from __future__ import annotations

from msgspec.structs import replace

from outlay.core.decision import Decision
from outlay.core.epoch import Epoch
from outlay.core.events import Approve, Cancel, Event, Heard, Park, Reject, Source
from outlay.core.life import step
from outlay.core.outcome import Accepted, Paid
from outlay.core.payout import Payout
from outlay.core.refusal import No
from outlay.core.rulings import Verdict
from tests.core.payout_stories import (
    BEGIN,
    DAY_MS,
    FINAL,
    NO_FUNDS,
    NO_SUCH_ACCOUNT,
    NOT_FOUND,
    RAIL,
    RAILS,
    SECOND_RAIL,
    TIMEOUT,
    again,
    asked,
    at,
    late,
    ruled,
    sent,
)
from tests.core.payout_table import LATER_MS, read, shown

LOST = Epoch(2, at(DAY_MS))
LOST_FINAL = DAY_MS + FINAL
"""So long after the first send nothing that left in the lost time can still be on its way."""

EVENTS: dict[str, Event] = {
    "begin": BEGIN,
    "send again": again(2 * DAY_MS),
    "cancel": Cancel("merchant"),
    "approve": Approve("bob"),
    "reject": Reject("bob", "looks odd"),
    "park": Park(None, "it is old"),
    "park, as nobody can ask": Park(None, "no rail", is_unaskable=True),
    "paid, says one": ruled(Verdict.PAID),
    "accepted": sent(Accepted("CH-1")),
    "paid": asked(LOST_FINAL, Paid("CH-1")),
    "refused": asked(LOST_FINAL, NO_SUCH_ACCOUNT),
    "refused, as it may be elsewhere": asked(LOST_FINAL, NO_FUNDS),
    "unknown": asked(LOST_FINAL, TIMEOUT),
    "not found": asked(LOST_FINAL, NOT_FOUND),
    "left late": late(2 * DAY_MS),
    "paid, of attempt 2": Heard(2, Paid("CH-2"), Source.CALLBACK, "callback", rail=SECOND_RAIL, rails=RAILS),
    "paid, of attempt 3": Heard(3, Paid("CH-3"), Source.CALLBACK, "callback", rail=RAIL, rails=RAILS),
}


def decide(before: Payout, event: Event) -> Decision | No:
    return step(before, event, LATER_MS, LOST)


def result(before: Payout, event: Event) -> str:
    """In the words of the table; `asked` where the epoch counts now, `inquired` where the rail is being asked."""
    decided = decide(before, event)
    if isinstance(decided, No):
        return shown(before, decided)
    after = decided.payout
    marks = " [asked]" * (after.epoch > before.epoch) + " [inquired]" * (after.pending.inquiry is not None)
    kept = replace(decided, payout=replace(after, epoch=before.epoch, pending=replace(after.pending, inquiry=None)))
    return shown(before, kept) + marks


TABLE = """
== begin
no NOT_ASKED_ABOUT
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid, one alive / paid, one alive, asked
no ALREADY_ENDED
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review

== send again
no NOT_ASKED_ABOUT
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid, one alive / paid, one alive, asked
no NOT_TO_BE_SENT_AGAIN
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait
no ATTEMPT_UNKNOWN
    failed, in review / cancelled / cancelled, in review / expired / expired, in review

== cancel
no NOT_ASKED_ABOUT
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid, one alive / paid, one alive, asked
no ALREADY_ENDED
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    expired / expired, in review
same
    cancelled / cancelled, in review

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

== reject
no NOT_ASKED_ABOUT
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid, one alive / paid, one alive, asked
no NOT_IN_REVIEW
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review

== park
no NOT_ASKED_ABOUT
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid, one alive / paid, one alive, asked
no ALREADY_ENDED
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review

== park, as nobody can ask
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

== paid, says one
no NOT_ASKED_ABOUT
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / at the second / at the second, contested
    never submitted / left after all / refused by people / paid, one alive / paid, one alive, asked
no NOTHING_TO_SETTLE
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    paid outside / failed / failed, paid after / failed, given back / failed, returns wait / failed, in review
    cancelled / cancelled, in review / expired / expired, in review

== accepted
processing (accepted): attempt_recovered attempt_accepted [asked]
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
processing (accepted): recalled attempt_accepted [asked]
    begun / unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed
    sent twice / sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): recalled [asked]
    accepted / sent twice, accepted
processing (accepted): recalled heard [asked]
    accepted, nameless
processing (accepted!): recalled attempt_accepted [asked]
    contested / came back early / left after all
processing (accepted!): heard; case accepted_after_refused
    between rails / never submitted / refused by people
processing (accepted!): recalled heard; case accepted_after_refused [asked]
    between rails, contested / between rails, came back early
processing (accepted!): recalled [asked]
    between rails, alive again
processing (refused!, begun): recalled heard; case accepted_after_refused [asked]
    at the second
processing (refused!, begun): recalled [asked]
    at the second, contested
same
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    failed, paid after
paid (paid, begun): recalled [asked]
    paid, one alive
paid (paid, unknown): recalled [asked]
    paid, one alive, asked
paid (never_submitted!): heard; case accepted_after_refused
    paid outside
failed (refused!): heard; case accepted_after_refused
    failed / failed, returns wait
failed (never_submitted!): heard; case accepted_after_refused
    failed, given back
failed: heard; case lost_attempt
    failed, in review
cancelled: heard; case lost_attempt
    cancelled / cancelled, in review
expired: heard; case lost_attempt
    expired / expired, in review

== paid
paid (paid): attempt_recovered paid; held > clearing:sandbox 100; held > fees 7 [asked]
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
paid (paid): recalled paid; held > clearing:sandbox 100; held > fees 7 [asked]
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted / sent twice, once late
    unnumbered / unnumbered, sent again
paid (paid!): recalled paid; held > clearing:sandbox 100; held > fees 7 [asked]
    contested / between rails, alive again / left after all
paid (paid!): recalled paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60 [asked]
    came back early
paid (paid): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails / never submitted / refused by people
paid (paid!): recalled paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead [asked]
    between rails, contested
paid (paid!): recalled paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60; case paid_by_dead [asked]
    between rails, came back early
paid (paid, begun): recalled paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead [asked]
    at the second
paid (paid!, begun): recalled paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead [asked]
    at the second, contested
same, asked
    paid / paid, A came back / paid, all came back / paid, twice / paid, after a late send / paid, case closed
    failed, paid after
paid (paid, begun): recalled [asked]
    paid, one alive
paid (paid, unknown): recalled [asked]
    paid, one alive, asked
paid (paid_unbooked): heard; case paid_twice
    paid outside
failed (paid_unbooked): heard; case paid_after_failed
    failed / failed, given back / failed, returns wait
failed: heard; case lost_attempt
    failed, in review
cancelled: heard; case lost_attempt
    cancelled / cancelled, in review
expired: heard; case lost_attempt
    expired / expired, in review

== refused
failed (refused): attempt_recovered failed; held > available 107 [asked]
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
failed (refused): recalled failed; held > available 107 [asked]
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    parked / proposed / sent twice / sent twice, accepted / sent twice, doubted / unnumbered, sent again
processing (unknown): recalled heard [asked]
    late / sent twice, once late / unnumbered
processing (unknown!): recalled heard [asked]
    contested / came back early / left after all
processing (refused): heard
    between rails / refused by people
processing (refused!): recalled heard [asked]
    between rails, contested / between rails, came back early
processing (accepted!): recalled heard [asked]
    between rails, alive again
processing (refused, begun): recalled heard [asked]
    at the second
processing (refused!, begun): recalled heard [asked]
    at the second, contested
processing (refused): attempt_refused
    never submitted
paid (paid!): heard; case refused_after_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): recalled heard; case refused_after_paid [asked]
    paid, one alive
paid (paid!, unknown): recalled heard; case refused_after_paid [asked]
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
failed: heard; case lost_attempt
    failed, in review
cancelled: heard; case lost_attempt
    cancelled / cancelled, in review
expired: heard; case lost_attempt
    expired / expired, in review

== refused, as it may be elsewhere
processing (refused): attempt_recovered attempt_refused; case parked [asked]
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
processing (refused): recalled attempt_refused; case parked [asked]
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    parked / proposed / sent twice / sent twice, accepted / sent twice, doubted / unnumbered, sent again
processing (unknown): recalled heard [asked]
    late / sent twice, once late / unnumbered
processing (unknown!): recalled heard [asked]
    contested / came back early / left after all
same, asked
    between rails
processing (refused!): recalled [asked]
    between rails, contested / between rails, came back early
processing (accepted!): recalled [asked]
    between rails, alive again
processing (refused, begun): recalled [asked]
    at the second
processing (refused!, begun): recalled [asked]
    at the second, contested
processing (refused): attempt_refused
    never submitted
processing (refused): heard
    refused by people
paid (paid!): heard; case refused_after_paid
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): recalled heard; case refused_after_paid [asked]
    paid, one alive
paid (paid!, unknown): recalled heard; case refused_after_paid [asked]
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
failed: heard; case lost_attempt
    failed, in review
cancelled: heard; case lost_attempt
    cancelled / cancelled, in review
expired: heard; case lost_attempt
    expired / expired, in review

== unknown
same [inquired]
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
processing (unknown): recalled attempt_unknown [asked]
    begun
processing (unknown): recalled [asked]
    unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed / sent twice
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): recalled [asked]
    accepted / accepted, nameless / sent twice, accepted
processing (unknown!): recalled [asked]
    contested / came back early / left after all
same, asked
    between rails / never submitted / refused by people / paid / paid, A came back / paid, all came back
    paid, twice / paid, after a late send / paid, case closed / paid outside / failed / failed, paid after
    failed, given back / failed, returns wait
processing (refused!): recalled [asked]
    between rails, contested / between rails, came back early
processing (accepted!): recalled [asked]
    between rails, alive again
processing (refused, begun): recalled [asked]
    at the second
processing (refused!, begun): recalled [asked]
    at the second, contested
paid (paid, begun): recalled [asked]
    paid, one alive
paid (paid, unknown): recalled [asked]
    paid, one alive, asked
no ATTEMPT_UNKNOWN
    failed, in review / cancelled / cancelled, in review / expired / expired, in review

== not found
in_review: not_found [inquired]
    in_review / in_review, overdue
reserved: not_found [inquired]
    reserved / reserved, approved / reserved, parked / reserved, overdue
processing (begun): recalled not_found [asked]
    begun
processing (unknown): recalled not_found [asked]
    unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed / sent twice
    sent twice, doubted / sent twice, once late / unnumbered, sent again
processing (accepted): recalled heard; case not_found_after_known [asked]
    accepted / accepted, nameless / sent twice, accepted
processing (unknown!): recalled not_found [asked]
    contested / came back early / left after all
processing (unknown): recalled [asked]
    unnumbered
same, asked
    between rails / never submitted / refused by people / paid outside / failed / failed, given back
    failed, returns wait
processing (refused!): recalled [asked]
    between rails, contested / between rails, came back early
processing (accepted!): recalled heard; case not_found_after_known [asked]
    between rails, alive again
processing (refused, begun): recalled [asked]
    at the second
processing (refused!, begun): recalled [asked]
    at the second, contested
paid (paid): heard; case not_found_after_known
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid, begun): recalled heard; case not_found_after_known [asked]
    paid, one alive
paid (paid, unknown): recalled heard; case not_found_after_known [asked]
    paid, one alive, asked
paid (paid_unbooked, paid): heard; case not_found_after_known
    paid, twice
failed (paid_unbooked): heard; case not_found_after_known
    failed, paid after
no ATTEMPT_UNKNOWN
    failed, in review / cancelled / cancelled, in review / expired / expired, in review

== left late
processing (begun): attempt_recovered sent_late; case late_send [asked]
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
processing (begun): recalled sent_late; case late_send [asked]
    begun
processing (unknown): recalled sent_late; case late_send [asked]
    unknown / not found / not found, twice / not found, twice, overdue / parked / proposed / sent twice
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): recalled sent_late; case late_send [asked]
    accepted / accepted, nameless / sent twice, accepted
processing (unknown): recalled [asked]
    late
processing (unknown!): recalled sent_late; case late_send [asked]
    contested / came back early / between rails, contested / between rails, came back early
processing (refused): sent_late; case late_send
    between rails
processing (accepted!): recalled sent_late; case late_send [asked]
    between rails, alive again
processing (refused, begun): recalled sent_late; case late_send [asked]
    at the second
processing (refused!, begun): recalled sent_late; case late_send [asked]
    at the second, contested
processing (unknown!): sent_late; case late_send
    never submitted / refused by people
processing (unknown!): recalled [asked]
    left after all
paid (paid): sent_late; case late_send
    paid / paid, A came back / paid, all came back
paid (paid, begun): recalled sent_late; case late_send [asked]
    paid, one alive
paid (paid, unknown): recalled sent_late; case late_send [asked]
    paid, one alive, asked
paid (paid_unbooked, paid): sent_late; case late_send
    paid, twice
same
    paid, after a late send / paid, case closed
paid (never_submitted!): sent_late; case late_send
    paid outside
failed (refused): sent_late; case late_send
    failed
failed (paid_unbooked): sent_late; case late_send
    failed, paid after
failed (never_submitted!): sent_late; case late_send
    failed, given back
failed (refused!): sent_late; case late_send
    failed, returns wait
failed: heard; case lost_attempt
    failed, in review
cancelled: heard; case lost_attempt
    cancelled / cancelled, in review
expired: heard; case lost_attempt
    expired / expired, in review

== paid, of attempt 2
in_review: heard; case lost_attempt
    in_review / in_review, overdue
reserved: heard; case lost_attempt
    reserved / reserved, approved / reserved, parked / reserved, overdue
processing (begun): heard; case lost_attempt
    begun
processing (unknown): heard; case lost_attempt
    unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed / sent twice
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): heard; case lost_attempt
    accepted / accepted, nameless / sent twice, accepted
processing (unknown!): heard; case lost_attempt
    contested / came back early / left after all
paid (refused, paid): attempt_recovered paid; held > clearing:second 100; held > fees 7 [asked]
    between rails / refused by people
processing (refused!): heard; case lost_attempt
    between rails, contested / between rails, came back early
processing (accepted!): heard; case lost_attempt
    between rails, alive again
paid (refused, paid): recalled paid; held > clearing:second 100; held > fees 7 [asked]
    at the second
paid (refused!, paid): recalled paid; held > clearing:second 100; held > fees 7 [asked]
    at the second, contested
paid (never_submitted, paid): attempt_recovered paid; held > clearing:second 100; held > fees 7 [asked]
    never submitted
paid (paid): heard; case lost_attempt
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid, paid_unbooked): recalled heard; case paid_twice [asked]
    paid, one alive / paid, one alive, asked
same
    paid, twice
paid (never_submitted): heard; case lost_attempt
    paid outside
failed (refused): heard; case lost_attempt
    failed / failed, returns wait
failed (paid_unbooked): heard; case lost_attempt
    failed, paid after
failed (never_submitted): heard; case lost_attempt
    failed, given back
failed: heard; case lost_attempt
    failed, in review
cancelled: heard; case lost_attempt
    cancelled / cancelled, in review
expired: heard; case lost_attempt
    expired / expired, in review

== paid, of attempt 3
in_review: heard; case lost_attempt
    in_review / in_review, overdue
reserved: heard; case lost_attempt
    reserved / reserved, approved / reserved, parked / reserved, overdue
processing (begun): heard; case lost_attempt
    begun
processing (unknown): heard; case lost_attempt
    unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed / sent twice
    sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted): heard; case lost_attempt
    accepted / accepted, nameless / sent twice, accepted
processing (unknown!): heard; case lost_attempt
    contested / came back early / left after all
processing (refused): heard; case lost_attempt
    between rails / refused by people
processing (refused!): heard; case lost_attempt
    between rails, contested / between rails, came back early
processing (accepted!): heard; case lost_attempt
    between rails, alive again
processing (refused, begun): heard; case lost_attempt
    at the second
processing (refused!, begun): heard; case lost_attempt
    at the second, contested
processing (never_submitted): heard; case lost_attempt
    never submitted
paid (paid): heard; case lost_attempt
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid, begun): heard; case lost_attempt
    paid, one alive
paid (paid, unknown): heard; case lost_attempt
    paid, one alive, asked
paid (paid_unbooked, paid): heard; case lost_attempt
    paid, twice
paid (never_submitted): heard; case lost_attempt
    paid outside
failed (refused): heard; case lost_attempt
    failed / failed, returns wait
failed (paid_unbooked): heard; case lost_attempt
    failed, paid after
failed (never_submitted): heard; case lost_attempt
    failed, given back
failed: heard; case lost_attempt
    failed, in review
cancelled: heard; case lost_attempt
    cancelled / cancelled, in review
expired: heard; case lost_attempt
    expired / expired, in review
"""

EXPECTED = read(TABLE, EVENTS)
