"""The words of this API: what became of a payout, refusals, troubles and faults. All from the document's two tables.

A fault's `kind` is the field that it names, empty where it names none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

from outlay.core.payout import Payout
from outlay.core.progress import Standing
from outlay.core.refusal import Family, Refusal
from outlay.wire.fields import CONTENT_TYPE_RULE, FieldFault
from outlay.wire.problems import Fault, Trouble, words_of

CLIENT: Final = Fault(401, "client", "no such client")
TIME: Final = Fault(401, "time", "harbour-time must be Unix seconds, within 60 seconds of ours")
PROOF: Final = Fault(401, "proof", "harbour-proof is wrong")
NOT_JSON_TYPE: Final = Fault(400, "json", CONTENT_TYPE_RULE)
REF_USED: Final = Fault(409, "ref_used", "ref was used for another payout")


def bad_json(why: str) -> Fault:
    return Fault(400, "json", why)


def wrong_field(fault: FieldFault) -> Fault:
    return Fault(400, "field", str(fault), fault.field)


_FAMILIES: Final[Mapping[Family, Fault]] = {
    Family.UNKNOWN: Fault(404, "unknown", "no payout has this ref"),
    Family.CLOSED: Fault(403, "closed", "the account is closed"),
    Family.BUSY: REF_USED,
    Family.OFF: Fault(403, "off", "such payouts are switched off"),
    Family.AMOUNT: Fault(422, "amount", "the amount is outside of what the account may pay at once"),
    Family.FUNDS: Fault(402, "funds", "the account has not so much money in this currency"),
}
REFUSALS: Final[Mapping[Refusal, Fault]] = words_of(_FAMILIES, {})


def trouble(what: Trouble) -> Fault:
    match what:
        case Trouble.NO_SUCH_PATH:
            return Fault(404, "path", "there is no such path")
        case Trouble.WRONG_METHOD:
            return Fault(405, "method", "the path does not take this method")
        case Trouble.BODY_TOO_LARGE:
            return Fault(413, "size", "the body is too long")
        case Trouble.BODY_ENCODED:
            return Fault(415, "encoding", "the body must not be compressed")
        case Trouble.NONCE_REPEATED:  # no call has a nonce
            return PROOF
        case Trouble.TOO_MANY_REQUESTS:
            return Fault(429, "slowly", "too many calls")
        case Trouble.NOT_CARRIED_OUT:
            return Fault(503, "later", "nothing was done: send it again later")
        case Trouble.UNAVAILABLE:
            return Fault(503, "unknown_outcome", "it may have been done: ask before you send it again")
        case Trouble.INTERNAL:
            return Fault(500, "unknown_outcome", "a fault of ours: ask before you send it again")
        case _:
            assert_never(what)


def status_of(standing: Standing) -> str:
    match standing:
        case Standing.IN_REVIEW:
            return "waiting"
        case Standing.RESERVED:
            return "open"
        case Standing.PROCESSING:
            return "sent"
        case Standing.PAID | Standing.PARTLY_RETURNED:
            return "paid"
        case Standing.RETURNED:
            return "back"
        case Standing.FAILED:
            return "failed"
        case Standing.CANCELLED | Standing.EXPIRED:
            return "stopped"
        case _:
            assert_never(standing)


def reason_of(payout: Payout) -> str | None:
    """Why it failed: a text, also where nobody gave one (inference)."""
    if payout.standing is not Standing.FAILED:
        return None
    return (payout.failure.text.strip() if payout.failure else "") or "failed"
