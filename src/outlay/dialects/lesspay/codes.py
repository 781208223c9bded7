"""LessPay's status words and error codes: every state, refusal and trouble has exactly one.

Business errors travel with HTTP 200 and their own code; transport errors with their HTTP status and the same number as
code (decision). Which fault of several is answered is decided here too: the numerically lowest code (decision).

The trap: an order's word is never a state of its own, it is derived from the words of its details.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import IntEnum
from typing import Any, Final, assert_never

from outlay.core.asks import Ask
from outlay.core.payout import Payout
from outlay.core.progress import Review, State
from outlay.core.refusal import Family, Refusal
from outlay.dialects.lesspay import schema
from outlay.dialects.lesspay.schema import AuditState, DetailStatus, OrderStatus
from outlay.kit.secret import Secret
from outlay.wire.fields import UNCLEAN_RULES, FieldFault
from outlay.wire.problems import Fault, Trouble, words_of


class Code(IntEnum):
    """`code` of the envelope (docs 7883855m0; SYSTEM and CUSTOM: docs 7883854m0). Documented, but never sent: 30003,
    whose words stand in `fail_reason` of an order that a reviewer rejected, and 30021, because no endpoint takes the id
    of a detail."""

    OK = 0
    SYSTEM = 10
    CUSTOM = 9999
    PARAMETER = 30000
    CURRENCY = 30001
    TOTAL = 30002
    BENEFICIARY_TYPE = 30004
    COUNTRY = 30005
    ACCOUNT = 30006
    TWICE_IN_BATCH = 30007
    TRANSACTION_TYPE = 30008
    AMOUNT = 30009
    REUSED = 30010
    EXISTS = 30011
    NOT_FOUND = 30020


OK_MESSAGE: Final = "SUCCESS"  # (decision)


def _business(code: Code, message: str) -> Fault:
    return Fault(200, code.value, message)  # HTTP 200 (decision)


def _transport(status: int, message: str) -> Fault:
    return Fault(status, status, message)  # code equal to the status (decision)


INVALID_APPID: Final = _transport(401, "invalid appid")  # status (docs 7883855m0), text (decision)
INVALID_TIMESTAMP: Final = _transport(401, "invalid timestamp")  # (decision)
INVALID_CONTENT_TYPE: Final = _transport(401, "invalid content type")  # two of them: a header sent twice (decision)
INVALID_SIGNATURE: Final = _transport(401, "invalid signature")  # text (decision)
IDS_MISSING: Final = _business(Code.PARAMETER, "request_id or pay_order_id is required")  # (decision)
ORDER_NOT_FOUND: Final = _business(Code.NOT_FOUND, "order not found")  # (docs 7883855m0)
BALANCE_NOT_SUPPORTED: Final = _business(Code.CUSTOM, "balance query not supported")  # (decision)
EXISTS: Final = _business(Code.EXISTS, "request_id already exists")  # (docs 7883855m0)
REUSED: Final = _business(Code.REUSED, "request_id was used with different parameters")  # (docs 7883855m0)

_ACCOUNT_CLOSED: Final = _transport(403, "account is closed")  # 403 not allowed (docs 7883855m0)
_TOO_SMALL: Final = _business(Code.CUSTOM, "amount is below the smallest allowed")  # (decision)
_TOO_LARGE: Final = _business(Code.CUSTOM, "amount is above the largest allowed")  # (decision)
_NO_CHANNEL: Final = _business(Code.CURRENCY, "no channel pays this currency or destination")  # switched off (decision)
_BLOCKED: Final = _business(Code.CUSTOM, "the beneficiary is blocked")  # (decision)
_INSUFFICIENT: Final = _business(Code.CUSTOM, "insufficient balance")  # (decision)
_UNKNOWN: Final = _business(Code.CUSTOM, "not found")  # what no endpoint here asks about (decision)
_BUSY: Final = _business(Code.CUSTOM, "another request with this request_id is under way")  # never sent (decision)
_AMOUNT_OUTSIDE: Final = _business(Code.CUSTOM, "amount is outside of what is allowed")  # (decision)

_NO_SUCH_PATH: Final = _transport(404, "no such resource")  # (docs 7883855m0)
_WRONG_METHOD: Final = _transport(405, "method must be POST")  # (docs: pay-in page)
_BODY_TOO_LARGE: Final = _transport(413, "body is too large")  # (decision)
_BODY_ENCODED: Final = _transport(415, "body must not be compressed: leave out Content-Encoding")  # (decision)
_REPEATED: Final = _transport(401, "request was sent before")  # LessPay has no nonce: never reached (decision)
_TOO_MANY: Final = _transport(503, "too many requests, see Retry-After")  # 503 (docs: pay-in page), use (decision)
_NOT_CARRIED_OUT: Final = _transport(503, "temporarily unavailable, nothing was done: send it again")  # same
_UNAVAILABLE: Final = _transport(503, "temporarily unavailable, query before resending")  # 503 (docs: pay-in page)
_INTERNAL: Final = Fault(500, Code.SYSTEM.value, "system exception, query before resending")  # (docs 7883854m0)

REVIEW_REJECTED: Final = "review rejected"  # (decision)
FAILED_WITHOUT_TEXT: Final = "payout failed"  # (decision)
CANCELED_REASON: Final = "canceled"  # (decision)
CLOSED_REASON: Final = "expired"  # (decision)

# Fields that have a code of their own (docs 7883855m0), also where they are missing; all others have 30000. That 30006
# stands for every number that is paid to, and 30005 for every country, is a (decision).
_CODE_OF_FIELD: Final = {
    "currency": Code.CURRENCY,
    "beneficiary.beneficiary_type": Code.BENEFICIARY_TYPE,
    "beneficiary.beneficiary_info.nationality": Code.COUNTRY,
    "beneficiary.beneficiary_info.address.country": Code.COUNTRY,
    "beneficiary.destination.bank.country": Code.COUNTRY,
    "beneficiary.destination.bank.account_number": Code.ACCOUNT,
    "beneficiary.destination.bank.iban": Code.ACCOUNT,
    "beneficiary.destination.e_wallet.account_number": Code.ACCOUNT,
    "beneficiary.destination.e_wallet.deposit_key": Code.ACCOUNT,
    "beneficiary.destination.crypto_wallet.wallet_address": Code.ACCOUNT,
    "transaction_type": Code.TRANSACTION_TYPE,
    "amount": Code.AMOUNT,
    "total_amount": Code.AMOUNT,
    "payout_order_details[].amount": Code.AMOUNT,
    "payout_order_details[].bank_account_no": Code.ACCOUNT,
    "payout_order_details[].bank_account_type": Code.BENEFICIARY_TYPE,
    "payout_order_details[].bank_country_code": Code.COUNTRY,
    "payout_order_details[].e_wallet.account_type": Code.BENEFICIARY_TYPE,
    "payout_order_details[].e_wallet.account_number": Code.ACCOUNT,
    "payout_order_details[].e_wallet.deposit_key": Code.ACCOUNT,
    "bank_country_code": Code.COUNTRY,
}
# Codes of a bank, which have 30006 only where a character cannot be seen (decision).
_BANK_CODES: Final = frozenset(
    {
        "payout_order_details[].bank_swift_code",
        *(f"beneficiary.destination.bank.bank_codes.{field.name}" for field in schema.BANK_CODE_FIELDS),
    }
)
_CODE_OF_RULE: Final = {schema.TOTAL_RULE: Code.TOTAL, schema.UNIQUE_RULE: Code.TWICE_IN_BATCH}
_PLACE_IN_ARRAY: Final = re.compile(r"\[[0-9]+\]")


def field_fault(faults: Iterable[FieldFault]) -> Fault:
    """The one answer for several wrong fields (at least one): the numerically lowest code, and of its faults the first
    in documented order (decision)."""
    coded = [(_code_of(fault), fault) for fault in faults]
    code, first = min(coded, key=lambda pair: pair[0])
    return _business(code, str(first))


def _code_of(fault: FieldFault) -> Code:
    if narrow := _CODE_OF_RULE.get(fault.rule):
        return narrow
    path = _PLACE_IN_ARRAY.sub("[]", fault.field)
    if path in _BANK_CODES and fault.rule in UNCLEAN_RULES:
        return Code.ACCOUNT
    return _CODE_OF_FIELD.get(path, Code.PARAMETER)


def detail_status(payout: Payout) -> DetailStatus:
    """The word of one transfer. A partial return has no word: the detail stays SUCCEEDED (decision)."""
    match payout.state:
        case State.IN_REVIEW | State.RESERVED:
            return DetailStatus.CREATED
        case State.PROCESSING:
            return DetailStatus.PROCESSING
        case State.PAID:
            fully_returned = payout.returned_minor == payout.amount_minor
            return DetailStatus.REFUNDED if fully_returned else DetailStatus.SUCCEEDED
        case State.FAILED:
            return DetailStatus.FAILED
        case State.CANCELLED:
            return DetailStatus.CANCELED
        case State.EXPIRED:
            return DetailStatus.CLOSED
        case _:
            assert_never(payout.state)


def audit_state(payout: Payout) -> AuditState:
    """Where the review stands; without one, approval is immediate (decision)."""
    match payout.review:
        case Review.PENDING:
            return AuditState.PENDING
        case Review.REJECTED:
            return AuditState.REJECTED
        case Review.NONE | Review.APPROVED:
            return AuditState.APPROVED
        case _:
            assert_never(payout.review)


def order_status(details: Collection[tuple[DetailStatus, AuditState]]) -> OrderStatus:
    """The word of an order, from at least one detail (decision; the arrows are an inference)."""
    if (DetailStatus.CREATED, AuditState.PENDING) in details:
        return OrderStatus.PENDING_CONFIRM
    words = {status for status, _ in details}
    if len(words) == 1:
        return _word_of_all(next(iter(words)))
    if DetailStatus.CREATED in words or DetailStatus.PROCESSING in words:
        return OrderStatus.PENDING_PAY
    if DetailStatus.SUCCEEDED in words:
        return OrderStatus.PARTIAL_SUCCESS
    return OrderStatus.REFUND if DetailStatus.REFUNDED in words else OrderStatus.FAILED


def _word_of_all(status: DetailStatus) -> OrderStatus:
    """The word of an order whose details all have the same one."""
    match status:
        case DetailStatus.CREATED | DetailStatus.PROCESSING:
            return OrderStatus.PENDING_PAY
        case DetailStatus.SUCCEEDED:
            return OrderStatus.SUCCEED
        case DetailStatus.FAILED:
            return OrderStatus.FAILED
        case DetailStatus.CANCELED:
            return OrderStatus.CANCELED
        case DetailStatus.REFUNDED:
            return OrderStatus.REFUND
        case DetailStatus.CLOSED:
            return OrderStatus.CLOSED
        case _:
            assert_never(status)


def refuse(refusal: Refusal, _ask: Ask[Any], _opened: Secret) -> Fault:
    """The answer for each "no" of the core."""
    return _REFUSALS[refusal]


_FAMILIES: Final = {
    Family.UNKNOWN: _UNKNOWN,
    Family.CLOSED: _ACCOUNT_CLOSED,
    Family.BUSY: _BUSY,
    Family.OFF: _NO_CHANNEL,
    Family.AMOUNT: _AMOUNT_OUTSIDE,
    Family.FUNDS: _INSUFFICIENT,
}
_REFUSALS: Final = words_of(
    _FAMILIES,
    {
        Refusal.ACCOUNT_NOT_FOUND: INVALID_APPID,
        Refusal.PAYOUT_NOT_FOUND: ORDER_NOT_FOUND,
        Refusal.RECIPIENT_BLOCKED: _BLOCKED,
        Refusal.AMOUNT_TOO_SMALL: _TOO_SMALL,
        Refusal.AMOUNT_TOO_LARGE: _TOO_LARGE,
    },
)


def trouble(what: Trouble) -> Fault:
    """The answer for each trouble around a request."""
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
            return _REPEATED
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


def malformed(message: str) -> Fault:
    """400 bad format (docs 7883855m0): the body is not a JSON object."""
    return _transport(400, message)


def unsignable(message: str) -> Fault:
    """A body that the vendor's parser would read in a special way (decision)."""
    return _business(Code.PARAMETER, message)
