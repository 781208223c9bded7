"""What rails say of attempts that they took or paid × every situation (see payout_table.py)."""

from __future__ import annotations

from outlay.core.events import Event, Heard, Source
from outlay.core.outcome import Accepted, Paid
from tests.core.payout_stories import (
    HOUR_MS,
    asked,
    called,
    sent,
)
from tests.core.payout_table import read

EVENTS: dict[str, Event] = {
    "accepted": sent(Accepted("CH-1")),
    "accepted, as CH-2": called(Accepted("CH-2")),
    "accepted, nameless": called(Accepted("")),
    "accepted, of attempt 2": sent(Accepted("CH-2"), 2),
    "paid": called(Paid("CH-1")),
    "paid, as CH-2": asked(HOUR_MS, Paid("CH-2")),
    "paid, nameless": called(Paid("")),
    "paid, with a receipt": Heard(1, Paid("CH-1", "https://rail.example/1"), Source.STATEMENT, "line 7"),
    "paid, 90": Heard(1, Paid("CH-1"), Source.STATEMENT, "line 8", amount_minor=90, currency="BRL"),
    "paid, in USD": Heard(1, Paid("CH-1"), Source.STATEMENT, "line 9", amount_minor=100, currency="USD"),
    "paid, of attempt 2": called(Paid("CH-2"), 2),
}

TABLE = """
== accepted
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (accepted): attempt_accepted
    begun / unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed
    sent twice / sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
same
    accepted / sent twice, accepted / between rails, alive again / at the second, contested / paid
    paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked / paid, twice
    paid, after a late send / paid, case closed / failed, paid after
processing (accepted): heard
    accepted, nameless
processing (accepted!): attempt_accepted
    contested / came back early / left after all
processing (accepted!): heard; case accepted_after_refused
    between rails / between rails, contested / between rails, came back early / never submitted
    refused by people
processing (refused!, begun): heard; case accepted_after_refused
    at the second
paid (never_submitted!): heard; case accepted_after_refused
    paid outside
failed (refused!): heard; case accepted_after_refused
    failed / failed, returns wait
failed (never_submitted!): heard; case accepted_after_refused
    failed, given back

== accepted, as CH-2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (accepted): attempt_accepted
    begun / unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed
    sent twice / sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
processing (accepted!): heard; case second_reference
    accepted / sent twice, accepted / between rails, alive again
processing (accepted): heard
    accepted, nameless
processing (accepted!): attempt_accepted
    contested / came back early / left after all
processing (accepted!): heard; case accepted_after_refused
    between rails / between rails, contested / between rails, came back early / never submitted
    refused by people
processing (refused!, begun): heard; case accepted_after_refused
    at the second / at the second, contested
paid (paid!): heard; case second_reference
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): heard; case second_reference
    paid, one alive
paid (paid!, unknown): heard; case second_reference
    paid, one alive, asked
paid (paid_unbooked!, paid): heard; case second_reference
    paid, twice
paid (never_submitted!): heard; case accepted_after_refused
    paid outside
failed (refused!): heard; case accepted_after_refused
    failed / failed, returns wait
failed (paid_unbooked!): heard; case second_reference
    failed, paid after
failed (never_submitted!): heard; case accepted_after_refused
    failed, given back

== accepted, nameless
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (accepted): attempt_accepted
    begun / unknown / not found / not found, twice / not found, twice, overdue / late / parked / proposed
    sent twice / sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
same
    accepted / accepted, nameless / sent twice, accepted / between rails, alive again / paid / paid, A came back
    paid, all came back / paid, one alive / paid, one alive, asked / paid, twice / paid, after a late send
    paid, case closed / failed, paid after
processing (accepted!): attempt_accepted
    contested / came back early / left after all
processing (accepted!): heard; case accepted_after_refused
    between rails / between rails, contested / between rails, came back early / never submitted
    refused by people
processing (refused!, begun): heard; case accepted_after_refused
    at the second / at the second, contested
paid (never_submitted!): heard; case accepted_after_refused
    paid outside
failed (refused!): heard; case accepted_after_refused
    failed / failed, returns wait
failed (never_submitted!): heard; case accepted_after_refused
    failed, given back

== accepted, of attempt 2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / never submitted / left after all
    refused by people / paid / paid, A came back / paid, all came back / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (refused, accepted): attempt_accepted
    at the second
processing (refused!, accepted): attempt_accepted
    at the second, contested
paid (paid, accepted): attempt_accepted
    paid, one alive / paid, one alive, asked
same
    paid, twice

== paid
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
paid (paid): paid; held > clearing:sandbox 100; held > fees 7
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted / sent twice, once late
    unnumbered / unnumbered, sent again
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7
    contested / between rails, alive again / left after all
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60
    came back early
paid (paid): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails / never submitted / refused by people
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails, contested
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60; case paid_by_dead
    between rails, came back early
paid (paid, begun): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    at the second
paid (paid!, begun): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    at the second, contested
same
    paid / paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked / paid, twice
    paid, after a late send / paid, case closed / failed, paid after
paid (paid_unbooked): heard; case paid_twice
    paid outside
failed (paid_unbooked): heard; case paid_after_failed
    failed / failed, given back / failed, returns wait

== paid, as CH-2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
paid (paid): paid; held > clearing:sandbox 100; held > fees 7
    begun / unknown / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    parked / proposed / sent twice / sent twice, doubted / sent twice, once late / unnumbered
    unnumbered, sent again
paid (paid): paid; held > clearing:sandbox 100; held > fees 7; case second_reference
    accepted / sent twice, accepted
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7
    contested / left after all
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60
    came back early
paid (paid): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails / never submitted / refused by people
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails, contested
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7; case second_reference
    between rails, alive again
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60; case paid_by_dead
    between rails, came back early
paid (paid, begun): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    at the second
paid (paid!, begun): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    at the second, contested
paid (paid!): heard; case second_reference
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid!, begun): heard; case second_reference
    paid, one alive
paid (paid!, unknown): heard; case second_reference
    paid, one alive, asked
paid (paid_unbooked!, paid): heard; case second_reference
    paid, twice
paid (paid_unbooked): heard; case paid_twice
    paid outside
failed (paid_unbooked): heard; case paid_after_failed
    failed / failed, given back / failed, returns wait
failed (paid_unbooked!): heard; case second_reference
    failed, paid after

== paid, nameless
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
paid (paid): paid; held > clearing:sandbox 100; held > fees 7
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted / sent twice, once late
    unnumbered / unnumbered, sent again
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7
    contested / between rails, alive again / left after all
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60
    came back early
paid (paid): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails / never submitted / refused by people
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails, contested
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60; case paid_by_dead
    between rails, came back early
paid (paid, begun): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    at the second
paid (paid!, begun): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    at the second, contested
same
    paid / paid, A came back / paid, all came back / paid, one alive / paid, one alive, asked / paid, twice
    paid, after a late send / paid, case closed / failed, paid after
paid (paid_unbooked): heard; case paid_twice
    paid outside
failed (paid_unbooked): heard; case paid_after_failed
    failed / failed, given back / failed, returns wait

== paid, with a receipt
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
paid (paid): paid; held > clearing:sandbox 100; held > fees 7
    begun / unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue
    late / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted / sent twice, once late
    unnumbered / unnumbered, sent again
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7
    contested / between rails, alive again / left after all
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60
    came back early
paid (paid): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails / never submitted / refused by people
paid (paid!): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    between rails, contested
paid (paid!): paid returned; held > clearing:sandbox 100; held > fees 7;
clearing:sandbox > available 60; case paid_by_dead
    between rails, came back early
paid (paid, begun): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    at the second
paid (paid!, begun): paid; held > clearing:sandbox 100; held > fees 7; case paid_by_dead
    at the second, contested
paid (paid): heard
    paid / paid, A came back / paid, all came back / paid, after a late send / paid, case closed
paid (paid, begun): heard
    paid, one alive
paid (paid, unknown): heard
    paid, one alive, asked
same
    paid, twice / failed, paid after
paid (paid_unbooked): heard; case paid_twice
    paid outside
failed (paid_unbooked): heard; case paid_after_failed
    failed / failed, given back / failed, returns wait

== paid, 90
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
processing (begun!): heard; case other_amount
    begun
processing (unknown!): heard; case other_amount
    unknown / not found / not found, twice / not found, twice, overdue / late / came back early / parked
    proposed / sent twice / sent twice, doubted / sent twice, once late / unnumbered / unnumbered, sent again
    left after all
processing (accepted!): heard; case other_amount
    accepted / accepted, nameless / sent twice, accepted / between rails, alive again
same
    contested / between rails, contested
processing (refused!): heard; case other_amount
    between rails / between rails, came back early / refused by people
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

== paid, in USD
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

== paid, of attempt 2
no ATTEMPT_UNKNOWN
    in_review / in_review, overdue / reserved / reserved, approved / reserved, parked / reserved, overdue / begun
    unknown / accepted / accepted, nameless / not found / not found, twice / not found, twice, overdue / late
    contested / came back early / parked / proposed / sent twice / sent twice, accepted / sent twice, doubted
    sent twice, once late / unnumbered / unnumbered, sent again / between rails / between rails, contested
    between rails, alive again / between rails, came back early / never submitted / left after all
    refused by people / paid / paid, A came back / paid, all came back / paid, after a late send
    paid, case closed / paid outside / failed / failed, paid after / failed, given back / failed, returns wait
    failed, in review / cancelled / cancelled, in review / expired / expired, in review
paid (refused, paid): paid; held > clearing:second 100; held > fees 7
    at the second
paid (refused!, paid): paid; held > clearing:second 100; held > fees 7
    at the second, contested
paid (paid, paid_unbooked): heard; case paid_twice
    paid, one alive / paid, one alive, asked
same
    paid, twice
"""

EXPECTED = read(TABLE, EVENTS)
