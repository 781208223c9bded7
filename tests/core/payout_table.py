"""Every situation of a payout × every event, with what must come of it in the last column.

A situation is a state with what distinguishes it (how the attempt stands, what came back, whether it is overdue). Each
row is spelled out: a wildcard would answer for a state that nobody has thought about.
"""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from outlay.core.account import Account, Terms
from outlay.core.beneficiary import Beneficiary, DestinationKind
from outlay.core.decision import Decision
from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Expire, Heard, Reject
from outlay.core.fees import FeePlan
from outlay.core.life import order, step
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned, Unknown
from outlay.core.payout import Order, Payout
from outlay.core.refusal import Refusal

NOW_MS = 1_790_000_000_000
LATER_MS = NOW_MS + 99
"""When the table's events come: past the end of the payout that is overdue, to the millisecond."""
ACCOUNT = Account(UUID(int=1), "Kopi & Co", "SG", rail="sandbox")
CAREFUL_ACCOUNT = replace(ACCOUNT, needs_review=True)
TERMS = Terms(fee=FeePlan(fixed_minor=2, rate_ppm=50_000))
WHAT = Order(
    reference="R-1",
    currency="BRL",
    amount_minor=100,
    beneficiary=Beneficiary(destination=DestinationKind.PIX, name="Ana", account_number="ana@example.com"),
    memo={"description": "rent"},
    expires_ms=NOW_MS + 60_000,
)
AMOUNT, FEE = 100, 7
NO_SUCH_ACCOUNT = Failure(FailureReason.ACCOUNT_NOT_FOUND, "no such key")


def accept(decided: Decision | Refusal) -> Decision:
    assert isinstance(decided, Decision)
    return decided


def ordered(account: Account = ACCOUNT) -> Payout:
    return accept(order(WHAT, account, TERMS, 42, NOW_MS, ordered_by="ana")).payout


def after(*events: Event, account: Account = ACCOUNT) -> Payout:
    payout = ordered(account)
    for tick, event in enumerate(events, 1):
        payout = accept(step(payout, event, NOW_MS + tick)).payout
    return payout


EVENTS: dict[str, Event] = {
    "approve": Approve("bob"),
    "approve, by ANA": Approve("ANA"),
    "reject": Reject("bob", "looks odd"),
    "cancel": Cancel("ana"),
    "expire": Expire(),
    "begin": BeginAttempt(),
    "accepted": Heard(1, Accepted("CH-1")),
    "paid": Heard(1, Paid("CH-1")),
    "paid, as CH-2": Heard(1, Paid("CH-2")),
    "paid, without a name": Heard(1, Paid("")),
    "refused": Heard(1, Refused(NO_SUCH_ACCOUNT)),
    "unknown": Heard(1, Unknown("timeout")),
    "accepted, of attempt 2": Heard(2, Accepted("CH-1")),
    "paid, of attempt 2": Heard(2, Paid("CH-1")),
    "refused, of attempt 2": Heard(2, Refused(NO_SUCH_ACCOUNT)),
    "unknown, of attempt 2": Heard(2, Unknown("timeout")),
    "return A of 60": Returned("A", 60),
    "return A of 61": Returned("A", 61),
    "return B of 40": Returned("B", 40),
    "return C of 1": Returned("C", 1),
    "return C of 41": Returned("C", 41),
    "return C of 101": Returned("C", 101),
    "return C of 0": Returned("C", 0),
}

BEGIN, PAID, RETURN_A = EVENTS["begin"], EVENTS["paid"], EVENTS["return A of 60"]

SITUATIONS: dict[str, Payout] = {
    "in_review": after(account=CAREFUL_ACCOUNT),
    "in_review, overdue": replace(after(account=CAREFUL_ACCOUNT), expires_ms=LATER_MS),
    "reserved": after(),
    "reserved, approved": after(EVENTS["approve"], account=CAREFUL_ACCOUNT),
    "reserved, overdue": replace(after(), expires_ms=LATER_MS),
    "processing, begun": after(BEGIN),
    "processing, accepted": after(BEGIN, EVENTS["accepted"]),
    "processing, unknown": after(BEGIN, EVENTS["unknown"]),
    "paid": after(BEGIN, PAID),
    "paid, A of 60 came back": after(BEGIN, PAID, RETURN_A),
    "paid, all came back": after(BEGIN, PAID, RETURN_A, EVENTS["return B of 40"]),
    "failed": after(BEGIN, EVENTS["refused"]),
    "failed, in review": after(EVENTS["reject"], account=CAREFUL_ACCOUNT),
    "cancelled": after(EVENTS["cancel"]),
    "cancelled, in review": after(EVENTS["cancel"], account=CAREFUL_ACCOUNT),
    "expired": after(EVENTS["expire"]),
    "expired, in review": after(EVENTS["expire"], account=CAREFUL_ACCOUNT),
}

# Each row: situation | event | the new state with its fact and its postings, "same" (known already), or "no" and why.
TABLE = """
in_review               | approve                | reserved: approved
in_review, overdue      | approve                | reserved: approved
reserved                | approve                | no NOT_IN_REVIEW
reserved, approved      | approve                | no NOT_IN_REVIEW
reserved, overdue       | approve                | no NOT_IN_REVIEW
processing, begun       | approve                | no NOT_IN_REVIEW
processing, accepted    | approve                | no NOT_IN_REVIEW
processing, unknown     | approve                | no NOT_IN_REVIEW
paid                    | approve                | no NOT_IN_REVIEW
paid, A of 60 came back | approve                | no NOT_IN_REVIEW
paid, all came back     | approve                | no NOT_IN_REVIEW
failed                  | approve                | no NOT_IN_REVIEW
failed, in review       | approve                | no NOT_IN_REVIEW
cancelled               | approve                | no NOT_IN_REVIEW
cancelled, in review    | approve                | no NOT_IN_REVIEW
expired                 | approve                | no NOT_IN_REVIEW
expired, in review      | approve                | no NOT_IN_REVIEW

in_review               | approve, by ANA        | no REVIEWED_BY_ORDERER
in_review, overdue      | approve, by ANA        | no REVIEWED_BY_ORDERER
reserved                | approve, by ANA        | no NOT_IN_REVIEW
reserved, approved      | approve, by ANA        | no NOT_IN_REVIEW
reserved, overdue       | approve, by ANA        | no NOT_IN_REVIEW
processing, begun       | approve, by ANA        | no NOT_IN_REVIEW
processing, accepted    | approve, by ANA        | no NOT_IN_REVIEW
processing, unknown     | approve, by ANA        | no NOT_IN_REVIEW
paid                    | approve, by ANA        | no NOT_IN_REVIEW
paid, A of 60 came back | approve, by ANA        | no NOT_IN_REVIEW
paid, all came back     | approve, by ANA        | no NOT_IN_REVIEW
failed                  | approve, by ANA        | no NOT_IN_REVIEW
failed, in review       | approve, by ANA        | no NOT_IN_REVIEW
cancelled               | approve, by ANA        | no NOT_IN_REVIEW
cancelled, in review    | approve, by ANA        | no NOT_IN_REVIEW
expired                 | approve, by ANA        | no NOT_IN_REVIEW
expired, in review      | approve, by ANA        | no NOT_IN_REVIEW

in_review               | reject                 | failed: rejected; held > available 107
in_review, overdue      | reject                 | failed: rejected; held > available 107
reserved                | reject                 | no NOT_IN_REVIEW
reserved, approved      | reject                 | no NOT_IN_REVIEW
reserved, overdue       | reject                 | no NOT_IN_REVIEW
processing, begun       | reject                 | no NOT_IN_REVIEW
processing, accepted    | reject                 | no NOT_IN_REVIEW
processing, unknown     | reject                 | no NOT_IN_REVIEW
paid                    | reject                 | no NOT_IN_REVIEW
paid, A of 60 came back | reject                 | no NOT_IN_REVIEW
paid, all came back     | reject                 | no NOT_IN_REVIEW
failed                  | reject                 | no NOT_IN_REVIEW
failed, in review       | reject                 | no NOT_IN_REVIEW
cancelled               | reject                 | no NOT_IN_REVIEW
cancelled, in review    | reject                 | no NOT_IN_REVIEW
expired                 | reject                 | no NOT_IN_REVIEW
expired, in review      | reject                 | no NOT_IN_REVIEW

in_review               | cancel                 | cancelled: cancelled; held > available 107
in_review, overdue      | cancel                 | cancelled: cancelled; held > available 107
reserved                | cancel                 | cancelled: cancelled; held > available 107
reserved, approved      | cancel                 | cancelled: cancelled; held > available 107
reserved, overdue       | cancel                 | cancelled: cancelled; held > available 107
processing, begun       | cancel                 | no ALREADY_SENT
processing, accepted    | cancel                 | no ALREADY_SENT
processing, unknown     | cancel                 | no ALREADY_SENT
paid                    | cancel                 | no ALREADY_ENDED
paid, A of 60 came back | cancel                 | no ALREADY_ENDED
paid, all came back     | cancel                 | no ALREADY_ENDED
failed                  | cancel                 | no ALREADY_ENDED
failed, in review       | cancel                 | no ALREADY_ENDED
cancelled               | cancel                 | same
cancelled, in review    | cancel                 | same
expired                 | cancel                 | no ALREADY_ENDED
expired, in review      | cancel                 | no ALREADY_ENDED

in_review               | expire                 | expired: expired; held > available 107
in_review, overdue      | expire                 | expired: expired; held > available 107
reserved                | expire                 | expired: expired; held > available 107
reserved, approved      | expire                 | expired: expired; held > available 107
reserved, overdue       | expire                 | expired: expired; held > available 107
processing, begun       | expire                 | no ALREADY_SENT
processing, accepted    | expire                 | no ALREADY_SENT
processing, unknown     | expire                 | no ALREADY_SENT
paid                    | expire                 | no ALREADY_ENDED
paid, A of 60 came back | expire                 | no ALREADY_ENDED
paid, all came back     | expire                 | no ALREADY_ENDED
failed                  | expire                 | no ALREADY_ENDED
failed, in review       | expire                 | no ALREADY_ENDED
cancelled               | expire                 | no ALREADY_ENDED
cancelled, in review    | expire                 | no ALREADY_ENDED
expired                 | expire                 | same
expired, in review      | expire                 | same

in_review               | begin                  | no AWAITS_REVIEW
in_review, overdue      | begin                  | no AWAITS_REVIEW
reserved                | begin                  | processing, begun: attempt_begun
reserved, approved      | begin                  | processing, begun: attempt_begun
reserved, overdue       | begin                  | no ALREADY_ENDED
processing, begun       | begin                  | no ATTEMPT_LIVE
processing, accepted    | begin                  | no ATTEMPT_LIVE
processing, unknown     | begin                  | no ATTEMPT_LIVE
paid                    | begin                  | no ALREADY_ENDED
paid, A of 60 came back | begin                  | no ALREADY_ENDED
paid, all came back     | begin                  | no ALREADY_ENDED
failed                  | begin                  | no ALREADY_ENDED
failed, in review       | begin                  | no ALREADY_ENDED
cancelled               | begin                  | no ALREADY_ENDED
cancelled, in review    | begin                  | no ALREADY_ENDED
expired                 | begin                  | no ALREADY_ENDED
expired, in review      | begin                  | no ALREADY_ENDED

in_review               | accepted               | no ATTEMPT_UNKNOWN
in_review, overdue      | accepted               | no ATTEMPT_UNKNOWN
reserved                | accepted               | no ATTEMPT_UNKNOWN
reserved, approved      | accepted               | no ATTEMPT_UNKNOWN
reserved, overdue       | accepted               | no ATTEMPT_UNKNOWN
processing, begun       | accepted               | processing, accepted: attempt_accepted
processing, accepted    | accepted               | same
processing, unknown     | accepted               | processing, accepted: attempt_accepted
paid                    | accepted               | same
paid, A of 60 came back | accepted               | same
paid, all came back     | accepted               | same
failed                  | accepted               | same
failed, in review       | accepted               | no ATTEMPT_UNKNOWN
cancelled               | accepted               | no ATTEMPT_UNKNOWN
cancelled, in review    | accepted               | no ATTEMPT_UNKNOWN
expired                 | accepted               | no ATTEMPT_UNKNOWN
expired, in review      | accepted               | no ATTEMPT_UNKNOWN

in_review               | paid                   | no ATTEMPT_UNKNOWN
in_review, overdue      | paid                   | no ATTEMPT_UNKNOWN
reserved                | paid                   | no ATTEMPT_UNKNOWN
reserved, approved      | paid                   | no ATTEMPT_UNKNOWN
reserved, overdue       | paid                   | no ATTEMPT_UNKNOWN
processing, begun       | paid                   | paid: paid; held > clearing:sandbox 100; held > fees 7
processing, accepted    | paid                   | paid: paid; held > clearing:sandbox 100; held > fees 7
processing, unknown     | paid                   | paid: paid; held > clearing:sandbox 100; held > fees 7
paid                    | paid                   | same
paid, A of 60 came back | paid                   | same
paid, all came back     | paid                   | same
failed                  | paid                   | no CONTRADICTS_END
failed, in review       | paid                   | no ATTEMPT_UNKNOWN
cancelled               | paid                   | no ATTEMPT_UNKNOWN
cancelled, in review    | paid                   | no ATTEMPT_UNKNOWN
expired                 | paid                   | no ATTEMPT_UNKNOWN
expired, in review      | paid                   | no ATTEMPT_UNKNOWN

in_review               | paid, as CH-2          | no ATTEMPT_UNKNOWN
in_review, overdue      | paid, as CH-2          | no ATTEMPT_UNKNOWN
reserved                | paid, as CH-2          | no ATTEMPT_UNKNOWN
reserved, approved      | paid, as CH-2          | no ATTEMPT_UNKNOWN
reserved, overdue       | paid, as CH-2          | no ATTEMPT_UNKNOWN
processing, begun       | paid, as CH-2          | paid: paid; held > clearing:sandbox 100; held > fees 7
processing, accepted    | paid, as CH-2          | paid: paid; held > clearing:sandbox 100; held > fees 7
processing, unknown     | paid, as CH-2          | paid: paid; held > clearing:sandbox 100; held > fees 7
paid                    | paid, as CH-2          | no CONTRADICTS_END
paid, A of 60 came back | paid, as CH-2          | no CONTRADICTS_END
paid, all came back     | paid, as CH-2          | no CONTRADICTS_END
failed                  | paid, as CH-2          | no CONTRADICTS_END
failed, in review       | paid, as CH-2          | no ATTEMPT_UNKNOWN
cancelled               | paid, as CH-2          | no ATTEMPT_UNKNOWN
cancelled, in review    | paid, as CH-2          | no ATTEMPT_UNKNOWN
expired                 | paid, as CH-2          | no ATTEMPT_UNKNOWN
expired, in review      | paid, as CH-2          | no ATTEMPT_UNKNOWN

in_review               | paid, without a name   | no ATTEMPT_UNKNOWN
in_review, overdue      | paid, without a name   | no ATTEMPT_UNKNOWN
reserved                | paid, without a name   | no ATTEMPT_UNKNOWN
reserved, approved      | paid, without a name   | no ATTEMPT_UNKNOWN
reserved, overdue       | paid, without a name   | no ATTEMPT_UNKNOWN
processing, begun       | paid, without a name   | paid: paid; held > clearing:sandbox 100; held > fees 7
processing, accepted    | paid, without a name   | paid: paid; held > clearing:sandbox 100; held > fees 7
processing, unknown     | paid, without a name   | paid: paid; held > clearing:sandbox 100; held > fees 7
paid                    | paid, without a name   | same
paid, A of 60 came back | paid, without a name   | same
paid, all came back     | paid, without a name   | same
failed                  | paid, without a name   | no CONTRADICTS_END
failed, in review       | paid, without a name   | no ATTEMPT_UNKNOWN
cancelled               | paid, without a name   | no ATTEMPT_UNKNOWN
cancelled, in review    | paid, without a name   | no ATTEMPT_UNKNOWN
expired                 | paid, without a name   | no ATTEMPT_UNKNOWN
expired, in review      | paid, without a name   | no ATTEMPT_UNKNOWN

in_review               | refused                | no ATTEMPT_UNKNOWN
in_review, overdue      | refused                | no ATTEMPT_UNKNOWN
reserved                | refused                | no ATTEMPT_UNKNOWN
reserved, approved      | refused                | no ATTEMPT_UNKNOWN
reserved, overdue       | refused                | no ATTEMPT_UNKNOWN
processing, begun       | refused                | failed: failed; held > available 107
processing, accepted    | refused                | failed: failed; held > available 107
processing, unknown     | refused                | failed: failed; held > available 107
paid                    | refused                | no CONTRADICTS_END
paid, A of 60 came back | refused                | no CONTRADICTS_END
paid, all came back     | refused                | no CONTRADICTS_END
failed                  | refused                | same
failed, in review       | refused                | no ATTEMPT_UNKNOWN
cancelled               | refused                | no ATTEMPT_UNKNOWN
cancelled, in review    | refused                | no ATTEMPT_UNKNOWN
expired                 | refused                | no ATTEMPT_UNKNOWN
expired, in review      | refused                | no ATTEMPT_UNKNOWN

in_review               | unknown                | no ATTEMPT_UNKNOWN
in_review, overdue      | unknown                | no ATTEMPT_UNKNOWN
reserved                | unknown                | no ATTEMPT_UNKNOWN
reserved, approved      | unknown                | no ATTEMPT_UNKNOWN
reserved, overdue       | unknown                | no ATTEMPT_UNKNOWN
processing, begun       | unknown                | processing, unknown: attempt_unknown
processing, accepted    | unknown                | same
processing, unknown     | unknown                | same
paid                    | unknown                | same
paid, A of 60 came back | unknown                | same
paid, all came back     | unknown                | same
failed                  | unknown                | same
failed, in review       | unknown                | no ATTEMPT_UNKNOWN
cancelled               | unknown                | no ATTEMPT_UNKNOWN
cancelled, in review    | unknown                | no ATTEMPT_UNKNOWN
expired                 | unknown                | no ATTEMPT_UNKNOWN
expired, in review      | unknown                | no ATTEMPT_UNKNOWN

in_review               | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
in_review, overdue      | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
reserved                | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
reserved, approved      | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
reserved, overdue       | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
processing, begun       | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
processing, accepted    | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
processing, unknown     | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
paid                    | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
paid, A of 60 came back | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
paid, all came back     | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
failed                  | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
failed, in review       | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
cancelled               | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
cancelled, in review    | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
expired                 | accepted, of attempt 2 | no ATTEMPT_UNKNOWN
expired, in review      | accepted, of attempt 2 | no ATTEMPT_UNKNOWN

in_review               | paid, of attempt 2     | no ATTEMPT_UNKNOWN
in_review, overdue      | paid, of attempt 2     | no ATTEMPT_UNKNOWN
reserved                | paid, of attempt 2     | no ATTEMPT_UNKNOWN
reserved, approved      | paid, of attempt 2     | no ATTEMPT_UNKNOWN
reserved, overdue       | paid, of attempt 2     | no ATTEMPT_UNKNOWN
processing, begun       | paid, of attempt 2     | no ATTEMPT_UNKNOWN
processing, accepted    | paid, of attempt 2     | no ATTEMPT_UNKNOWN
processing, unknown     | paid, of attempt 2     | no ATTEMPT_UNKNOWN
paid                    | paid, of attempt 2     | no ATTEMPT_UNKNOWN
paid, A of 60 came back | paid, of attempt 2     | no ATTEMPT_UNKNOWN
paid, all came back     | paid, of attempt 2     | no ATTEMPT_UNKNOWN
failed                  | paid, of attempt 2     | no ATTEMPT_UNKNOWN
failed, in review       | paid, of attempt 2     | no ATTEMPT_UNKNOWN
cancelled               | paid, of attempt 2     | no ATTEMPT_UNKNOWN
cancelled, in review    | paid, of attempt 2     | no ATTEMPT_UNKNOWN
expired                 | paid, of attempt 2     | no ATTEMPT_UNKNOWN
expired, in review      | paid, of attempt 2     | no ATTEMPT_UNKNOWN

in_review               | refused, of attempt 2  | no ATTEMPT_UNKNOWN
in_review, overdue      | refused, of attempt 2  | no ATTEMPT_UNKNOWN
reserved                | refused, of attempt 2  | no ATTEMPT_UNKNOWN
reserved, approved      | refused, of attempt 2  | no ATTEMPT_UNKNOWN
reserved, overdue       | refused, of attempt 2  | no ATTEMPT_UNKNOWN
processing, begun       | refused, of attempt 2  | no ATTEMPT_UNKNOWN
processing, accepted    | refused, of attempt 2  | no ATTEMPT_UNKNOWN
processing, unknown     | refused, of attempt 2  | no ATTEMPT_UNKNOWN
paid                    | refused, of attempt 2  | no ATTEMPT_UNKNOWN
paid, A of 60 came back | refused, of attempt 2  | no ATTEMPT_UNKNOWN
paid, all came back     | refused, of attempt 2  | no ATTEMPT_UNKNOWN
failed                  | refused, of attempt 2  | no ATTEMPT_UNKNOWN
failed, in review       | refused, of attempt 2  | no ATTEMPT_UNKNOWN
cancelled               | refused, of attempt 2  | no ATTEMPT_UNKNOWN
cancelled, in review    | refused, of attempt 2  | no ATTEMPT_UNKNOWN
expired                 | refused, of attempt 2  | no ATTEMPT_UNKNOWN
expired, in review      | refused, of attempt 2  | no ATTEMPT_UNKNOWN

in_review               | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
in_review, overdue      | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
reserved                | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
reserved, approved      | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
reserved, overdue       | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
processing, begun       | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
processing, accepted    | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
processing, unknown     | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
paid                    | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
paid, A of 60 came back | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
paid, all came back     | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
failed                  | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
failed, in review       | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
cancelled               | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
cancelled, in review    | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
expired                 | unknown, of attempt 2  | no ATTEMPT_UNKNOWN
expired, in review      | unknown, of attempt 2  | no ATTEMPT_UNKNOWN

in_review               | return A of 60         | no NOT_PAID
in_review, overdue      | return A of 60         | no NOT_PAID
reserved                | return A of 60         | no NOT_PAID
reserved, approved      | return A of 60         | no NOT_PAID
reserved, overdue       | return A of 60         | no NOT_PAID
processing, begun       | return A of 60         | no NOT_PAID
processing, accepted    | return A of 60         | no NOT_PAID
processing, unknown     | return A of 60         | no NOT_PAID
paid                    | return A of 60         | paid: returned; clearing:sandbox > available 60
paid, A of 60 came back | return A of 60         | same
paid, all came back     | return A of 60         | same
failed                  | return A of 60         | no NOT_PAID
failed, in review       | return A of 60         | no NOT_PAID
cancelled               | return A of 60         | no NOT_PAID
cancelled, in review    | return A of 60         | no NOT_PAID
expired                 | return A of 60         | no NOT_PAID
expired, in review      | return A of 60         | no NOT_PAID

in_review               | return A of 61         | no NOT_PAID
in_review, overdue      | return A of 61         | no NOT_PAID
reserved                | return A of 61         | no NOT_PAID
reserved, approved      | return A of 61         | no NOT_PAID
reserved, overdue       | return A of 61         | no NOT_PAID
processing, begun       | return A of 61         | no NOT_PAID
processing, accepted    | return A of 61         | no NOT_PAID
processing, unknown     | return A of 61         | no NOT_PAID
paid                    | return A of 61         | paid: returned; clearing:sandbox > available 61
paid, A of 60 came back | return A of 61         | no RETURN_CONFLICT
paid, all came back     | return A of 61         | no RETURN_CONFLICT
failed                  | return A of 61         | no NOT_PAID
failed, in review       | return A of 61         | no NOT_PAID
cancelled               | return A of 61         | no NOT_PAID
cancelled, in review    | return A of 61         | no NOT_PAID
expired                 | return A of 61         | no NOT_PAID
expired, in review      | return A of 61         | no NOT_PAID

in_review               | return B of 40         | no NOT_PAID
in_review, overdue      | return B of 40         | no NOT_PAID
reserved                | return B of 40         | no NOT_PAID
reserved, approved      | return B of 40         | no NOT_PAID
reserved, overdue       | return B of 40         | no NOT_PAID
processing, begun       | return B of 40         | no NOT_PAID
processing, accepted    | return B of 40         | no NOT_PAID
processing, unknown     | return B of 40         | no NOT_PAID
paid                    | return B of 40         | paid: returned; clearing:sandbox > available 40
paid, A of 60 came back | return B of 40         | paid: returned; clearing:sandbox > available 40
paid, all came back     | return B of 40         | same
failed                  | return B of 40         | no NOT_PAID
failed, in review       | return B of 40         | no NOT_PAID
cancelled               | return B of 40         | no NOT_PAID
cancelled, in review    | return B of 40         | no NOT_PAID
expired                 | return B of 40         | no NOT_PAID
expired, in review      | return B of 40         | no NOT_PAID

in_review               | return C of 1          | no NOT_PAID
in_review, overdue      | return C of 1          | no NOT_PAID
reserved                | return C of 1          | no NOT_PAID
reserved, approved      | return C of 1          | no NOT_PAID
reserved, overdue       | return C of 1          | no NOT_PAID
processing, begun       | return C of 1          | no NOT_PAID
processing, accepted    | return C of 1          | no NOT_PAID
processing, unknown     | return C of 1          | no NOT_PAID
paid                    | return C of 1          | paid: returned; clearing:sandbox > available 1
paid, A of 60 came back | return C of 1          | paid: returned; clearing:sandbox > available 1
paid, all came back     | return C of 1          | no RETURN_EXCEEDS_PAID
failed                  | return C of 1          | no NOT_PAID
failed, in review       | return C of 1          | no NOT_PAID
cancelled               | return C of 1          | no NOT_PAID
cancelled, in review    | return C of 1          | no NOT_PAID
expired                 | return C of 1          | no NOT_PAID
expired, in review      | return C of 1          | no NOT_PAID

in_review               | return C of 41         | no NOT_PAID
in_review, overdue      | return C of 41         | no NOT_PAID
reserved                | return C of 41         | no NOT_PAID
reserved, approved      | return C of 41         | no NOT_PAID
reserved, overdue       | return C of 41         | no NOT_PAID
processing, begun       | return C of 41         | no NOT_PAID
processing, accepted    | return C of 41         | no NOT_PAID
processing, unknown     | return C of 41         | no NOT_PAID
paid                    | return C of 41         | paid: returned; clearing:sandbox > available 41
paid, A of 60 came back | return C of 41         | no RETURN_EXCEEDS_PAID
paid, all came back     | return C of 41         | no RETURN_EXCEEDS_PAID
failed                  | return C of 41         | no NOT_PAID
failed, in review       | return C of 41         | no NOT_PAID
cancelled               | return C of 41         | no NOT_PAID
cancelled, in review    | return C of 41         | no NOT_PAID
expired                 | return C of 41         | no NOT_PAID
expired, in review      | return C of 41         | no NOT_PAID

in_review               | return C of 101        | no NOT_PAID
in_review, overdue      | return C of 101        | no NOT_PAID
reserved                | return C of 101        | no NOT_PAID
reserved, approved      | return C of 101        | no NOT_PAID
reserved, overdue       | return C of 101        | no NOT_PAID
processing, begun       | return C of 101        | no NOT_PAID
processing, accepted    | return C of 101        | no NOT_PAID
processing, unknown     | return C of 101        | no NOT_PAID
paid                    | return C of 101        | no RETURN_EXCEEDS_PAID
paid, A of 60 came back | return C of 101        | no RETURN_EXCEEDS_PAID
paid, all came back     | return C of 101        | no RETURN_EXCEEDS_PAID
failed                  | return C of 101        | no NOT_PAID
failed, in review       | return C of 101        | no NOT_PAID
cancelled               | return C of 101        | no NOT_PAID
cancelled, in review    | return C of 101        | no NOT_PAID
expired                 | return C of 101        | no NOT_PAID
expired, in review      | return C of 101        | no NOT_PAID

in_review               | return C of 0          | no NOT_PAID
in_review, overdue      | return C of 0          | no NOT_PAID
reserved                | return C of 0          | no NOT_PAID
reserved, approved      | return C of 0          | no NOT_PAID
reserved, overdue       | return C of 0          | no NOT_PAID
processing, begun       | return C of 0          | no NOT_PAID
processing, accepted    | return C of 0          | no NOT_PAID
processing, unknown     | return C of 0          | no NOT_PAID
paid                    | return C of 0          | no RETURN_EXCEEDS_PAID
paid, A of 60 came back | return C of 0          | no RETURN_EXCEEDS_PAID
paid, all came back     | return C of 0          | no RETURN_EXCEEDS_PAID
failed                  | return C of 0          | no NOT_PAID
failed, in review       | return C of 0          | no NOT_PAID
cancelled               | return C of 0          | no NOT_PAID
cancelled, in review    | return C of 0          | no NOT_PAID
expired                 | return C of 0          | no NOT_PAID
expired, in review      | return C of 0          | no NOT_PAID
"""

ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines() if line]
EXPECTED = {(situation, event): expected for situation, event, expected in ROWS}
