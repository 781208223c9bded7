"""UQPAY's status words and errors: every state, refusal and trouble has exactly one.

Which envelope an error travels in is kept in `Fault.kind`: the `type` of envelope A, `GATEWAY` for `{"error": …}`, ""
for envelope B (whose code is a number). Writing the bytes is `inbound`'s business.

The trap: "not found" is HTTP 400 in this API, and clients fetch a new token only for certain 401 texts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, assert_never

from outlay.core.payout import Payout, State
from outlay.core.refusal import Refusal
from outlay.dialects.uqpay.schema import CLIENT_ID, IDEMPOTENCY_KEY, ON_BEHALF_OF, PAYOUT_ACCOUNT_ID
from outlay.wire.fields import FieldFault
from outlay.wire.problems import Fault, Trouble


class PayoutStatus(StrEnum):
    """The five words (seed); their meaning is documented nowhere."""

    INITIATED = "INITIATED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    FAILED_REFUNDED = "FAILED_REFUNDED"


GATEWAY: Final = "gateway"
NUMBERED: Final = ""

# Types of envelope A (docs: error-code-reference).
_INVALID_REQUEST: Final = "invalid_request_error"
_IDEMPOTENCY: Final = "idempotency_error"  # an older page spells it idempotence_error
_ACCOUNT: Final = "account_error"
_PAYOUT: Final = "payout_error"
_NOT_FOUND: Final = "not_found"
_UNAUTHORIZED: Final = "unauthorized_error"
_API: Final = "api_error"

TOKEN_MALFORMED: Final = Fault(  # text (docs), form (decision)
    401, _UNAUTHORIZED, "invalid auth token format", _UNAUTHORIZED
)
TOKEN_EXPIRED: Final = Fault(  # the text that vendor clients refresh on (vendor code)
    401, GATEWAY, "token has expired", GATEWAY
)
CLIENT_ID_UNKNOWN: Final = Fault(400, GATEWAY, "Invalid client id", GATEWAY)  # (docs FAQ)
API_KEY_WRONG: Final = Fault(401, GATEWAY, "invalid api key", GATEWAY)  # (decision)
CLIENT_ID_FOREIGN: Final = Fault(  # (decision)
    400, "invalid_parameter", f"{CLIENT_ID} must be the client id that the token was issued to", _INVALID_REQUEST
)
KEY_MISSING: Final = Fault(400, "missing_parameter", f"{IDEMPOTENCY_KEY} is required", _INVALID_REQUEST)  # (decision)
KEY_MALFORMED: Final = Fault(  # code (docs), rule (vendor code, decision)
    400, "invalid_key_format", f"{IDEMPOTENCY_KEY} must be 1 to 64 visible ASCII characters", _IDEMPOTENCY
)
KEY_OTHER_BODY: Final = Fault(  # (decision)
    400, "key_mismatch_body", f"{IDEMPOTENCY_KEY} was used before with another body", _IDEMPOTENCY
)
KEY_OTHER_API: Final = Fault(  # (docs)
    400, "key_mismatch_api", f"{IDEMPOTENCY_KEY} was used before on another endpoint", _IDEMPOTENCY
)
KEY_IN_PROGRESS: Final = Fault(400, 400, "request is processing", NUMBERED)  # text (vendor code), number (decision)
SUB_ACCOUNT_NOT_FOUND: Final = Fault(  # code (docs); never "forbidden" (decision)
    400, "sub_account_not_found", f"{ON_BEHALF_OF} must be the account_id of a connected account of yours", _ACCOUNT
)
PAYOUT_NOT_FOUND: Final = Fault(  # type and status (docs), code (decision)
    400, "payout_not_found", "payout_id names no payout of this account", _NOT_FOUND
)
BALANCE_NOT_FOUND: Final = Fault(  # same
    400, "balance_not_found", "currency names no balance of this account", _NOT_FOUND
)
TRANSFER_DISABLED: Final = Fault(  # (docs)
    400, "disabled_transfer_type", f"{PAYOUT_ACCOUNT_ID} is not accepted: internal transfers are off", _PAYOUT
)
_ACCOUNT_CLOSED: Final = Fault(  # (docs: unknown or inactive)
    400, "account_not_found", "the account is not active", _ACCOUNT
)
_TOO_SMALL: Final = Fault(  # (inference)
    400, "invalid_amount", "payout_amount is below the account's smallest payout", _PAYOUT
)
_TOO_LARGE: Final = Fault(  # (inference)
    400, "invalid_amount", "payout_amount is above the account's largest payout", _PAYOUT
)
_PAYOUT_DISABLED: Final = Fault(  # (docs: service off)
    400, "payout_disabled", "payouts in payout_currency are not available", _PAYOUT
)
_INSUFFICIENT: Final = Fault(  # (decision)
    400, "insufficient_balance", "payout_amount and its fee exceed the payable balance", _PAYOUT
)
_INTERNAL: Final = Fault(  # (docs: 500)
    500, "api_error", "internal error, the outcome is unknown: repeat with the same key", _API
)
_UNAVAILABLE: Final = Fault(500, "api_error", "temporarily unavailable: repeat with the same key", _API)  # (docs: 500)
_REPEATED_NONCE: Final = Fault(400, "invalid_parameter", "the request was sent before", _INVALID_REQUEST)  # (decision)
_NO_SUCH_PATH: Final = Fault(404, 404, "no such path", NUMBERED)  # envelope (docs of account-center; decision here)
_WRONG_METHOD: Final = Fault(405, 405, "method not allowed on this path", NUMBERED)  # same
_BODY_TOO_LARGE: Final = Fault(413, 413, "body is too large", NUMBERED)  # same


def status_of(payout: Payout) -> PayoutStatus:
    """The word for a payout in its present state. All readings are a (decision); a partial return has no word and
    stays COMPLETED."""
    match payout.state:
        case State.IN_REVIEW | State.RESERVED:
            return PayoutStatus.INITIATED
        case State.PROCESSING:
            return PayoutStatus.PROCESSING
        case State.PAID:
            fully_returned = payout.returned_minor >= payout.amount_minor
            return PayoutStatus.FAILED_REFUNDED if fully_returned else PayoutStatus.COMPLETED
        case State.FAILED | State.CANCELLED | State.EXPIRED:
            return PayoutStatus.FAILED
        case _:
            assert_never(payout.state)


def refuse(refusal: Refusal) -> Fault:
    """The answer for each refusal of the core."""
    match refusal:
        case Refusal.ACCOUNT_NOT_FOUND:
            return SUB_ACCOUNT_NOT_FOUND
        case Refusal.ACCOUNT_CLOSED:
            return _ACCOUNT_CLOSED
        case Refusal.PAYOUT_NOT_FOUND:
            return PAYOUT_NOT_FOUND
        case Refusal.BALANCE_NOT_FOUND:
            return BALANCE_NOT_FOUND
        case Refusal.REFERENCE_TAKEN:
            # Same content, but no payout to show yet: the caller repeats and then gets the replay.
            return KEY_IN_PROGRESS
        case Refusal.REFERENCE_TAKEN_OTHERWISE:
            return KEY_OTHER_BODY
        case Refusal.AMOUNT_TOO_SMALL:
            return _TOO_SMALL
        case Refusal.AMOUNT_TOO_LARGE:
            return _TOO_LARGE
        case Refusal.RAIL_UNAVAILABLE:
            return _PAYOUT_DISABLED
        case Refusal.INSUFFICIENT_BALANCE:
            return _INSUFFICIENT
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
            # No endpoint of this API can cause these: one that turns up all the same is a fault of ours.
            return _INTERNAL
        case _:
            assert_never(refusal)


def trouble(what: Trouble) -> Fault:
    """The answer for each trouble of the gateway."""
    match what:
        case Trouble.NO_SUCH_PATH:
            return _NO_SUCH_PATH
        case Trouble.WRONG_METHOD:
            return _WRONG_METHOD
        case Trouble.BODY_TOO_LARGE:
            return _BODY_TOO_LARGE
        case Trouble.NONCE_REPEATED:
            return _REPEATED_NONCE  # never sent: this API has no nonce
        case Trouble.UNAVAILABLE:
            return _UNAVAILABLE
        case Trouble.INTERNAL:
            return _INTERNAL
        case _:
            assert_never(what)


def bad_field(fault: FieldFault) -> Fault:
    """A missing or malformed field (docs: the message names the field)."""
    return Fault(400, "missing_parameter" if fault.missing else "invalid_parameter", str(fault), _INVALID_REQUEST)


def bad_body(message: str) -> Fault:
    """A body that is no JSON object. `message` names no content."""
    return Fault(400, "invalid_parameter", message, _INVALID_REQUEST)


def bad_currency(message: str) -> Fault:
    """A currency that no payout can have (docs)."""
    return Fault(400, "invalid_currency", message, _PAYOUT)


def bad_amount(message: str) -> Fault:
    """An amount that is none, not above zero, or has too many decimals (docs)."""
    return Fault(400, "invalid_amount", message, _PAYOUT)
