"""TeemoPay's numbers and words: payout statuses, failure reasons, error codes. Every table is total.

Texts are the documented ones. 414 is the code with a variable text; where a text is ours it names a field and what is
allowed, never what was sent. Which fault wins over which is `translate`'s and `inbound`'s business.

The trap: a caller takes 414, 421, 425, 455, 475, 476 and 482 on create as "no order exists", and 412 and 500 as
"unknown, ask" (docs). A mapping that confuses the two groups makes a merchant pay twice.
"""

from __future__ import annotations

from typing import Final, assert_never

from outlay.core.outcome import Failure, FailureReason
from outlay.core.payout import Payout, State
from outlay.core.refusal import Refusal
from outlay.wire.problems import Fault, Trouble

SUCCESS: Final = 200  # (docs)
SUCCESS_TEXT: Final = "success"  # (seed)

# Statuses of a payout (docs: query, callback and bill pages; the seed shows 1 and 4).
PROCESSING: Final = 1
PAID: Final = 2
FAILED: Final = 3
REFUNDED: Final = 4
PARTLY_REFUNDED: Final = 5

REFUND_DONE: Final = 2
"""`refundStatus`: 2 in every example, although the tables know only 0 and 1 (seed; read as "done": inference)."""

Reason = tuple[int, str]
"""errorCode and errorMessage."""

ACCOUNT_RESTRICTED: Final[Reason] = (1000, "The account does not exist or is restricted")  # (docs)
RETURNED: Final[Reason] = (1001, "Return")  # (docs)
OTHERS: Final[Reason] = (9999, "Others")  # (docs)

_HTTP_OK: Final = 200
"""Of every answer that the gateway could read, also of errors (decision)."""

_PARAMETER: Final = 414


def parameter_fault(text: str) -> Fault:
    """414: a header or field is missing or ill-formed (docs); `text` names it and what is allowed."""
    return Fault(_HTTP_OK, _PARAMETER, text)


def unreadable(text: str) -> Fault:
    """A body that is not one JSON object: HTTP 400 (decision). The code is 414, because 400 in the body means that the
    order was not found (seed), and because no order was made (decision)."""
    return Fault(400, _PARAMETER, text)


# Headers and proof (decision: the texts; the real codes are not published).
SIGNATURE_WRONG: Final = parameter_fault("sign verification failed")
TIMESTAMP_EXPIRED: Final = parameter_fault("timestamp expired")
TIMESTAMP_MALFORMED: Final = parameter_fault("timestamp must be Unix milliseconds, 13 digits")
NONCE_INVALID: Final = parameter_fault("nonce invalid")
NONCE_REPEATED: Final = parameter_fault("nonce repeated")
COUNTRY_MISMATCH: Final = parameter_fault("country mismatch")
COUNTRY_MISSING: Final = parameter_fault("country is required")
NONCE_MISSING: Final = parameter_fault("nonce is required")
TIMESTAMP_MISSING: Final = parameter_fault("timestamp is required")
SIGN_MISSING: Final = parameter_fault("sign is required")

# (docs), each with its page's text.
APPLICATION_NOT_FOUND: Final = Fault(_HTTP_OK, 416, "Application not found")
MERCHANT_NOT_FOUND: Final = Fault(_HTTP_OK, 417, "Merchant account not found")
MERCHANT_CLOSED: Final = Fault(_HTTP_OK, 418, "Merchant account is closed")
METHOD_UNSUPPORTED: Final = Fault(_HTTP_OK, 421, "payout method not supported")
BALANCE_INSUFFICIENT: Final = Fault(_HTTP_OK, 425, "Insufficient merchant balance")
ORDER_DUPLICATE: Final = Fault(_HTTP_OK, 426, "merchant order duplicate")
ACCOUNT_TYPE_WRONG: Final = Fault(_HTTP_OK, 455, "account type error")
ID_TYPE_WRONG: Final = Fault(_HTTP_OK, 475, "id card type error")
ID_NUMBER_WRONG: Final = Fault(_HTTP_OK, 476, "id card number error")
ACCOUNT_UNFIT: Final = Fault(_HTTP_OK, 482, "account does not meet the requirements")
TRY_LATER: Final = Fault(_HTTP_OK, 412, "Please try again later")
BUSINESS_ERROR: Final = Fault(_HTTP_OK, 500, "Business Error")
INTERNAL_ERROR: Final = Fault(500, 500, "Business Error")  # HTTP status: (decision)

AMOUNT_TOO_SMALL: Final = parameter_fault("amount is below the smallest amount allowed")
AMOUNT_TOO_LARGE: Final = parameter_fault("amount is above the largest amount allowed")

ORDER_NOT_FOUND_KIND: Final = "order not found"
ORDER_NOT_FOUND: Final = Fault(_HTTP_OK, 400, "Order not found", ORDER_NOT_FOUND_KIND)
"""Has a form of its own, without data and traceId (seed); one of three documented forms."""


def status_of(payout: Payout) -> int:
    """The documented status of a payout in any state (decision: which state is shown as which)."""
    match payout.state:
        case State.IN_REVIEW | State.RESERVED | State.PROCESSING:
            return PROCESSING
        case State.PAID:
            if payout.returned_minor >= payout.amount_minor:
                return REFUNDED
            return PARTLY_REFUNDED if payout.returned_minor else PAID
        case State.FAILED | State.CANCELLED | State.EXPIRED:
            return FAILED
        case _:
            assert_never(payout.state)


def reason_of(status: int, failure: Failure | None) -> Reason | None:
    """Why a payout has status 3, 4 or 5; None for the other statuses (docs). Stopped before it was sent: 9999
    (decision)."""
    if status == FAILED:
        return OTHERS if failure is None else _failure_reason(failure.reason)
    return RETURNED if status in (REFUNDED, PARTLY_REFUNDED) else None


def _failure_reason(reason: FailureReason) -> Reason:
    match reason:
        case FailureReason.ACCOUNT_NOT_FOUND:
            return ACCOUNT_RESTRICTED
        case FailureReason.REVIEW_REJECTED | FailureReason.OTHER:
            return OTHERS
        case _:
            assert_never(reason)


def refusal_fault(refusal: Refusal) -> Fault:
    """The answer for a "no" of the core."""
    match refusal:
        case Refusal.ACCOUNT_NOT_FOUND | Refusal.BALANCE_NOT_FOUND:
            return MERCHANT_NOT_FOUND
        case Refusal.ACCOUNT_CLOSED:
            return MERCHANT_CLOSED
        case Refusal.PAYOUT_NOT_FOUND:
            return ORDER_NOT_FOUND
        case Refusal.REFERENCE_TAKEN | Refusal.REFERENCE_TAKEN_OTHERWISE:
            return ORDER_DUPLICATE
        case Refusal.AMOUNT_TOO_SMALL:
            return AMOUNT_TOO_SMALL
        case Refusal.AMOUNT_TOO_LARGE:
            return AMOUNT_TOO_LARGE
        case Refusal.RAIL_UNAVAILABLE:
            return METHOD_UNSUPPORTED
        case Refusal.INSUFFICIENT_BALANCE:
            return BALANCE_INSUFFICIENT
        case (
            Refusal.NOT_IN_REVIEW
            | Refusal.AWAITS_REVIEW
            | Refusal.REVIEWED_BY_ORDERER
            | Refusal.ALREADY_SENT
            | Refusal.ALREADY_ENDED
            | Refusal.ATTEMPT_LIVE
            | Refusal.ATTEMPT_UNKNOWN
            | Refusal.CONTRADICTS_END
            | Refusal.NOT_PAID
            | Refusal.RETURN_CONFLICT
            | Refusal.RETURN_EXCEEDS_PAID
        ):
            # No endpoint of this API reviews, stops or settles: "anything else; outcome unknown" (docs).
            return BUSINESS_ERROR
        case _:
            assert_never(refusal)


def trouble_fault(trouble: Trouble) -> Fault:
    """The answer for what the gateway found wrong. The HTTP statuses are a decision; the body's code is a documented
    one that tells the truth: 414 no order was made, 412 and 500 nobody can say (decision)."""
    match trouble:
        case Trouble.NO_SUCH_PATH:
            return _NO_SUCH_PATH
        case Trouble.WRONG_METHOD:
            return _WRONG_METHOD
        case Trouble.BODY_TOO_LARGE:
            return _BODY_TOO_LARGE
        case Trouble.NONCE_REPEATED:
            return NONCE_REPEATED
        case Trouble.UNAVAILABLE:
            return TRY_LATER
        case Trouble.INTERNAL:
            return INTERNAL_ERROR
        case _:
            assert_never(trouble)


_NO_SUCH_PATH: Final = Fault(404, _PARAMETER, "no such path")
_WRONG_METHOD: Final = Fault(405, _PARAMETER, "method must be POST")
_BODY_TOO_LARGE: Final = Fault(413, _PARAMETER, "body too large")
