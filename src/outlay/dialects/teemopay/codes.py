"""TeemoPay's numbers and words: payout statuses and error codes. Every table is total.

What a payout failed for has codes of its own, in `tables.reasons`. Texts are the documented ones. 414 and 432 have a
variable text; where a text is ours it names a field and what is allowed, never what was sent. Which fault wins over
which is the business of `callers`, `values` and `inbound`.

The trap: a caller takes 414 to 482 on create, but for 426, as "no order exists", and 412 and 500 as "unknown, ask"
(docs). A mapping that confuses the two groups makes a merchant pay twice.
"""

from __future__ import annotations

from typing import Any, Final, Protocol, assert_never

from outlay.core.asks import Ask
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import Family, Refusal
from outlay.wire.problems import Fault, Trouble, words_of

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

# (docs), each with its page's text, character by character.
APPLICATION_NOT_FOUND: Final = Fault(_HTTP_OK, 416, "Application not found")
MERCHANT_NOT_FOUND: Final = Fault(_HTTP_OK, 417, "Merchant account not found")
MERCHANT_CLOSED: Final = Fault(_HTTP_OK, 418, "Merchant account is closed")
METHOD_UNSUPPORTED: Final = Fault(_HTTP_OK, 421, "This payout method is not supported")
BALANCE_INSUFFICIENT: Final = Fault(_HTTP_OK, 425, "Insufficient merchant balance")
ORDER_DUPLICATE: Final = Fault(_HTTP_OK, 426, "merchant order duplicate")
CALLBACK_MISSING: Final = Fault(_HTTP_OK, 427, "The callback notification address for collection must not be empty.")
CARD_BANK_MISMATCH: Final = Fault(_HTTP_OK, 429, "The card number does not match the bank code.")
BCP_DIGIT_WRONG: Final = Fault(
    _HTTP_OK, 429, "The 3rd digit from the end of a BCP account number must be either 0 or 1."
)
CARD_LENGTH_WRONG: Final = Fault(_HTTP_OK, 430, "The card number length is incorrect.")
BANK_CODE_UNSUPPORTED: Final = Fault(_HTTP_OK, 431, "The bank code does not supported.")
PHONE_START_WRONG: Final = Fault(_HTTP_OK, 438, "account must start with 3")
PHONE_LENGTH_WRONG: Final = Fault(_HTTP_OK, 440, "Phone number length error")
ACCOUNT_TYPE_WRONG: Final = Fault(_HTTP_OK, 455, "The account type error.")
RECIPIENT_BLOCKED: Final = Fault(_HTTP_OK, 462, "This request failed due to blacklist blocking")
WALLET_UNSUPPORTED: Final = Fault(_HTTP_OK, 469, "The wallet code is not support")
BANK_NAME_UNSUPPORTED: Final = Fault(_HTTP_OK, 470, "The bank name is not support")
ID_TYPE_UNSUPPORTED: Final = Fault(_HTTP_OK, 471, "The ID type is not support")
NOT_CONFIGURED: Final = Fault(
    _HTTP_OK, 473, "Merchant joint verification error: payouts in this currency are not configured"
)
ID_TYPE_WRONG: Final = Fault(_HTTP_OK, 475, "The id card type is error")
ID_NUMBER_WRONG: Final = Fault(_HTTP_OK, 476, "The id card number is error")
ACCOUNT_LENGTH_WRONG: Final = Fault(
    _HTTP_OK,
    481,
    "The bank account length is incorrect.（The card number is fixed at 16 digits.）",  # full width as printed
)
ACCOUNT_UNFIT: Final = Fault(_HTTP_OK, 482, "The bank account does not meet the requirements.")
TRY_LATER: Final = Fault(_HTTP_OK, 412, "Please try again later")
# The same code, with what the caller has to know behind its documented words (decision).
_NOT_CARRIED_OUT: Final = Fault(_HTTP_OK, 412, f"{TRY_LATER.message}: nothing was done, send it again")
_UNAVAILABLE: Final = Fault(
    _HTTP_OK, 412, f"{TRY_LATER.message}: it may have been carried out, query before sending it again"
)
INTERNAL_ERROR: Final = Fault(500, 500, "Business Error")  # HTTP status: (decision)

# The list (docs, bill page).
LIST_TYPE_WRONG: Final = Fault(_HTTP_OK, 600, "type field invalid parameter value")
LIST_TOO_OLD: Final = Fault(
    _HTTP_OK,
    601,
    "Data older than 90 days cannot be queried via API. Please use the portal to export historical reports.",
)
LIST_TOO_LONG: Final = Fault(_HTTP_OK, 602, "Query range exceeds 31 days. Please query data month by month.")
LIST_IN_FUTURE: Final = Fault(_HTTP_OK, 603, "The time cannot be later than the current time.")
LIST_ENDS_FIRST: Final = Fault(
    _HTTP_OK, 604, "The start time of the application period cannot be later than the end time."
)
LIST_STATUS_WRONG: Final = Fault(_HTTP_OK, 605, "status field invalid parameter value")
LIST_CURSOR_WRONG: Final = Fault(_HTTP_OK, 606, "PageIndex parsing failed")

AMOUNT_NOT_WHOLE: Final = parameter_fault("Amount must be an integer")  # (decision) 445 is documented for pay-in only
AMOUNT_TOO_SMALL: Final = parameter_fault("amount is below the smallest amount allowed")
AMOUNT_TOO_LARGE: Final = parameter_fault("amount is above the largest amount allowed")
AMOUNT_OUTSIDE: Final = parameter_fault("amount is outside of the amounts allowed")


TYPE_OFF: Final = parameter_fault("accountType is switched off")
CHAIN_OFF: Final = parameter_fault("chain is switched off")
"""(decision) 421 is documented in BR and MX only."""


def account_length_fault(bank_name: str, length: int) -> Fault:
    """429 of Peru (docs); the name is the list's, never what was sent."""
    return Fault(_HTTP_OK, 429, f"{bank_name} bankAccount length must be {length} digits")


def mismatch(text: str) -> Fault:
    """432: account, bank and method do not fit together (docs); `text` names the fields."""
    return Fault(_HTTP_OK, 432, text)


BANK_UNKNOWN: Final = mismatch("bankCode is not in the country's list of banks")
BANK_NAME_UNKNOWN: Final = mismatch("bankName is not in the country's list of banks")
BANK_NAME_MISMATCH: Final = mismatch("bankName does not belong to bankCode")
BANK_METHOD_MISMATCH: Final = mismatch("bankCode does not take payouts of this accountType")
BANK_ACCOUNT_MISMATCH: Final = mismatch("bankAccount does not belong to bankCode")
ADDRESS_CHAIN_MISMATCH: Final = mismatch("address is none of this chain")

ORDER_NOT_FOUND_KIND: Final = "order not found"
TRACED_NOT_FOUND_KIND: Final = "order not found, traced"
ORDER_NOT_FOUND: Final = Fault(_HTTP_OK, 400, "Order not found", ORDER_NOT_FOUND_KIND)
"""Has a form of its own, without data and traceId (seed); one of three documented forms."""
ORDER_NOT_FOUND_TRACED: Final = Fault(_HTTP_OK, 400, "Order not found", TRACED_NOT_FOUND_KIND)
"""The same with a traceId instead of `success` (docs, English query pages)."""
ORDER_NOT_EXIST: Final = Fault(_HTTP_OK, 434, "Merchant order not exist")
"""The third form, in the usual envelope (docs, Chinese query pages)."""


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


class CountryWords(Protocol):
    """What of a country's row words a refusal; the rows themselves stand above this file, in `tables`."""

    @property
    def order_not_found(self) -> Fault: ...

    @property
    def type_off(self) -> Fault: ...


class Spoken(Protocol):
    """An application, as far as a refusal is worded by it."""

    @property
    def country(self) -> CountryWords: ...


def refuse(refusal: Refusal, _ask: Ask[Any], app: Spoken) -> Fault:
    """The answer for a "no" of the core. Two are worded by the country, the others by the table below."""
    match refusal:
        case Refusal.PAYOUT_NOT_FOUND:
            return app.country.order_not_found
        case Refusal.METHOD_OFF:
            return app.country.type_off
        case _:
            return _REFUSALS[refusal]


_FAMILIES: Final = {
    Family.UNKNOWN: MERCHANT_NOT_FOUND,
    Family.CLOSED: MERCHANT_CLOSED,
    Family.BUSY: TRY_LATER,
    Family.OFF: METHOD_UNSUPPORTED,
    Family.AMOUNT: AMOUNT_OUTSIDE,
    Family.FUNDS: BALANCE_INSUFFICIENT,
}
_REFUSALS: Final = words_of(
    _FAMILIES,
    {
        Refusal.CURRENCY_OFF: NOT_CONFIGURED,
        Refusal.RECIPIENT_BLOCKED: RECIPIENT_BLOCKED,
        Refusal.AMOUNT_TOO_SMALL: AMOUNT_TOO_SMALL,
        Refusal.AMOUNT_TOO_LARGE: AMOUNT_TOO_LARGE,
    },
)


def trouble(what: Trouble) -> Fault:
    """The answer for what the gateway found wrong. The HTTP statuses are a decision; the body's code is a documented
    one that tells the truth: 414 no order was made, 412 and 500 nobody can say (decision)."""
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
            return NONCE_REPEATED
        case Trouble.TOO_MANY_REQUESTS:
            return TRY_LATER
        case Trouble.NOT_CARRIED_OUT:
            return _NOT_CARRIED_OUT
        case Trouble.UNAVAILABLE:
            return _UNAVAILABLE
        case Trouble.INTERNAL:
            return INTERNAL_ERROR
        case _:
            assert_never(what)


_NO_SUCH_PATH: Final = Fault(404, _PARAMETER, "no such path")
_WRONG_METHOD: Final = Fault(405, _PARAMETER, "method must be POST")
_BODY_TOO_LARGE: Final = Fault(413, _PARAMETER, "body too large")
_BODY_ENCODED: Final = Fault(415, _PARAMETER, "body must not be compressed: leave out Content-Encoding")
