"""UQPAY's status words and errors: every state, refusal and trouble has exactly one.

Which envelope an error travels in is kept in `Fault.kind`: the `type` of envelope A, `GATEWAY` for `{"error": …}`, ""
for envelope B (whose code is a number). Writing the bytes is `envelope`'s business.

The trap: "not found" is HTTP 400 in this API, and clients fetch a new token only for certain 401 texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, assert_never

from outlay.core.asks import Ask, FindAccount, OrderPayout
from outlay.core.payout import Payout
from outlay.core.progress import Standing
from outlay.core.refusal import Family, Refusal
from outlay.dialects.uqpay.schema import (
    CLIENT_ID,
    IDEMPOTENCY_KEY,
    ON_BEHALF_OF,
    PAYOUT_ACCOUNT_ID,
    SOURCE_ACCOUNT_ID,
    TARGET_ACCOUNT_ID,
)
from outlay.wire.fields import FieldFault
from outlay.wire.problems import Fault, Trouble, words_of


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
_TRANSFER_TYPE_OFF: Final = Fault(  # (docs)
    400, "disabled_transfer_type", "this way of paying out is switched off for the account", _PAYOUT
)
KEY_OTHER_ACCOUNT: Final = Fault(  # (docs)
    400, "key_mismatch_account", f"{IDEMPOTENCY_KEY} was used before on another account", _IDEMPOTENCY
)
TRANSFER_NOT_FOUND: Final = Fault(  # (decision)
    400, "transfer_not_found", "id names no transfer of this account", _NOT_FOUND
)
BANK_ACCOUNT_NOT_FOUND: Final = Fault(  # (decision)
    400, "bank_account_not_found", "there is no such bank account on this account", _NOT_FOUND
)
_TARGET_NOT_FOUND: Final = Fault(  # of a transfer (docs: the code)
    400, "account_not_found", f"{SOURCE_ACCOUNT_ID} and {TARGET_ACCOUNT_ID} must be two accounts of yours", _ACCOUNT
)
_PAYEE_NOT_FOUND: Final = Fault(  # of a payout (docs: the code)
    400, "account_not_found", f"{PAYOUT_ACCOUNT_ID} must be the calling account or another one of yours", _ACCOUNT
)
CONNECTED_ACCOUNT_NOT_FOUND: Final = Fault(400, 400, "account not found", NUMBERED)  # (decision)
_NO_BANK_ACCOUNT: Final = Fault(  # of a payout (decision)
    400, "bank_account_not_found", "no valid bank account is registered in payout_currency", _PAYOUT
)
_CURRENCY_NOT_HELD: Final = Fault(400, "invalid_currency", "no balance is held in this currency", _PAYOUT)  # (docs)
_TOO_MANY: Final = Fault(429, "velocity_limit_exceeded", "too many requests, see Retry-After", _API)  # (docs)
_ACCOUNT_CLOSED: Final = Fault(  # (docs: unknown or inactive)
    400, "account_not_found", "the account is not active", _ACCOUNT
)
_TOO_SMALL: Final = Fault(  # (inference)
    400, "invalid_amount", "payout_amount is below the account's smallest payout", _PAYOUT
)
_TOO_LARGE: Final = Fault(  # (inference)
    400, "invalid_amount", "payout_amount is above the account's largest payout", _PAYOUT
)
_AMOUNT_OUTSIDE: Final = Fault(  # (decision)
    400, "invalid_amount", "payout_amount is outside of what the account may pay at once", _PAYOUT
)
_RESOURCE_NOT_FOUND: Final = Fault(  # (decision)
    400, "resource_not_found", "there is no such thing on this account", _NOT_FOUND
)
_PAYOUT_DISABLED: Final = Fault(  # (docs: service off)
    400, "payout_disabled", "payouts in payout_currency are not available", _PAYOUT
)
_RECIPIENT_BLOCKED: Final = Fault(  # (decision)
    400, "payout_disabled", "payouts to this recipient are not available", _PAYOUT
)
_INSUFFICIENT: Final = Fault(  # (decision)
    400, "insufficient_balance", "the amount and its fee exceed the payable balance", _PAYOUT
)
_INTERNAL: Final = Fault(  # (docs: 500)
    500, "api_error", "internal error, the outcome is unknown: repeat with the same key", _API
)
_NOT_CARRIED_OUT: Final = Fault(  # (docs: 500, the only status that this API has for it)
    500, "api_error", "temporarily unavailable, nothing was done: send it again with the same key", _API
)
_UNAVAILABLE: Final = Fault(  # (docs: 500)
    500, "api_error", "temporarily unavailable, the outcome is unknown: repeat with the same key", _API
)
_REPEATED_NONCE: Final = Fault(400, "invalid_parameter", "the request was sent before", _INVALID_REQUEST)  # (decision)
_NO_SUCH_PATH: Final = Fault(404, 404, "no such path", NUMBERED)  # envelope (docs of account-center; decision here)
_WRONG_METHOD: Final = Fault(405, 405, "method not allowed on this path", NUMBERED)  # same
_BODY_TOO_LARGE: Final = Fault(413, 413, "body is too large", NUMBERED)  # same
_BODY_ENCODED: Final = Fault(415, 415, "body must not be compressed: leave out Content-Encoding", NUMBERED)  # same


_STATUS: Final = {
    Standing.IN_REVIEW: PayoutStatus.INITIATED,
    Standing.RESERVED: PayoutStatus.INITIATED,
    Standing.PROCESSING: PayoutStatus.PROCESSING,
    Standing.PAID: PayoutStatus.COMPLETED,
    Standing.PARTLY_RETURNED: PayoutStatus.COMPLETED,  # it has no word of its own
    Standing.RETURNED: PayoutStatus.FAILED_REFUNDED,
    Standing.FAILED: PayoutStatus.FAILED,
    Standing.CANCELLED: PayoutStatus.FAILED,
    Standing.EXPIRED: PayoutStatus.FAILED,
}
"""All readings are a (decision). Every standing has an entry; a test fails for one that is missing."""

STANDINGS: Final = {
    status: frozenset(standing for standing, word in _STATUS.items() if word is status) for status in PayoutStatus
}
"""What each word means, for those who filter by it."""


def status_of(payout: Payout) -> PayoutStatus:
    """The word for a payout as it is now."""
    return _STATUS[payout.standing]


def refuse(refusal: Refusal, ask: Ask[Any], _opened: object) -> Fault:
    """The answer for each refusal of the core. Of a new payout, and of the accounts themselves, some mean another
    thing."""
    return _REFUSALS_OF.get((type(ask), refusal)) or _REFUSALS[refusal]


_FAMILIES: Final = {
    Family.UNKNOWN: _RESOURCE_NOT_FOUND,
    Family.CLOSED: _ACCOUNT_CLOSED,
    Family.BUSY: KEY_IN_PROGRESS,
    Family.OFF: _PAYOUT_DISABLED,
    Family.AMOUNT: _AMOUNT_OUTSIDE,
    Family.FUNDS: _INSUFFICIENT,
}
_REFUSALS: Final = words_of(
    _FAMILIES,
    {
        Refusal.ACCOUNT_NOT_FOUND: SUB_ACCOUNT_NOT_FOUND,
        Refusal.PAYOUT_NOT_FOUND: PAYOUT_NOT_FOUND,
        Refusal.TRANSFER_NOT_FOUND: TRANSFER_NOT_FOUND,
        Refusal.REFERENCE_ELSEWHERE: KEY_OTHER_ACCOUNT,
        Refusal.BANK_ACCOUNT_NOT_FOUND: BANK_ACCOUNT_NOT_FOUND,
        Refusal.TARGET_NOT_FOUND: _TARGET_NOT_FOUND,
        Refusal.SAME_ACCOUNT: _TARGET_NOT_FOUND,
        Refusal.METHOD_OFF: _TRANSFER_TYPE_OFF,
        Refusal.RECIPIENT_BLOCKED: _RECIPIENT_BLOCKED,
        Refusal.AMOUNT_TOO_SMALL: _TOO_SMALL,
        Refusal.AMOUNT_TOO_LARGE: _TOO_LARGE,
        Refusal.CURRENCY_NOT_HELD: _CURRENCY_NOT_HELD,
    },
)

_REFUSALS_OF: Final[Mapping[tuple[type[Ask[Any]], Refusal], Fault]] = {
    (OrderPayout, Refusal.BANK_ACCOUNT_NOT_FOUND): _NO_BANK_ACCOUNT,
    (OrderPayout, Refusal.TARGET_NOT_FOUND): _PAYEE_NOT_FOUND,
    (FindAccount, Refusal.TARGET_NOT_FOUND): CONNECTED_ACCOUNT_NOT_FOUND,
}


def trouble(what: Trouble) -> Fault:
    """The answer for each trouble of the gateway."""
    match what:
        case Trouble.NO_SUCH_PATH:
            return _NO_SUCH_PATH
        case Trouble.WRONG_METHOD:
            return _WRONG_METHOD
        case Trouble.BODY_TOO_LARGE:
            return _BODY_TOO_LARGE
        case Trouble.BODY_ENCODED:
            return _BODY_ENCODED
        case Trouble.NONCE_REPEATED:
            return _REPEATED_NONCE  # never sent: this API has no nonce
        case Trouble.TOO_MANY_REQUESTS:
            return _TOO_MANY
        case Trouble.NOT_CARRIED_OUT:
            return _NOT_CARRIED_OUT
        case Trouble.UNAVAILABLE:
            return _UNAVAILABLE
        case Trouble.INTERNAL:
            return _INTERNAL
        case _:
            assert_never(what)


def bad_field(fault: FieldFault) -> Fault:
    """A missing or malformed field (docs: the message names the field)."""
    return Fault(400, "missing_parameter" if fault.missing else "invalid_parameter", str(fault), _INVALID_REQUEST)


def bad_account_field(fault: FieldFault) -> Fault:
    """The same about connected accounts, whose pages have another envelope (docs: account-center)."""
    return Fault(400, 400, str(fault), NUMBERED)


def bad_body(message: str) -> Fault:
    """A body that is no JSON object. `message` names no content."""
    return Fault(400, "invalid_parameter", message, _INVALID_REQUEST)


def bad_currency(message: str) -> Fault:
    """A currency that no payout can have (docs)."""
    return Fault(400, "invalid_currency", message, _PAYOUT)


def bad_amount(message: str) -> Fault:
    """An amount that is none, not above zero, or has too many decimals (docs)."""
    return Fault(400, "invalid_amount", message, _PAYOUT)
