"""TeemoPay's numbers and words: payout statuses, failure reasons, error codes. Every table is total.

Texts are the documented ones. 414 is the code with a variable text; where a text is ours it names a field and what is
allowed, never what was sent. Which fault wins over which is `translate`'s and `inbound`'s business.

The trap: a caller takes 414 to 482 on create, but for 426, as "no order exists", and 412 and 500 as "unknown, ask"
(docs). A mapping that confuses the two groups makes a merchant pay twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, assert_never

from outlay.core.outcome import Failure, FailureReason
from outlay.core.payout import Payout, State
from outlay.core.refusal import NOT_FOR_CALLERS, Refusal
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

RETURN: Final = 1001
OTHERS: Final = 9999
REASON_TEXTS: Final[Mapping[int, str]] = {
    1000: "The account does not exist or is restricted",
    RETURN: "Return",
    1002: "Channel server fluctuations",
    1004: "Wallet limit exceeded, kindly contact user to upgrade or restore limit.",
    1005: "Transaction amount exceeds limit, kindly retry within allowed range.",
    1006: "Wallet account frozen, kindly contact user to change card and retry.",
    1007: "Wallet account abnormal, kindly contact user to verify account and retry.",
    1010: "Unstable network, kindly retry later.",
    1011: "Parameter validation error, kindly verify and retry.",
    1012: "Payment method error, kindly select the right way and try again.",
    1013: "Invalid receiver information, kindly verify and retry.",
    1014: "Account inexist or CNIC mismatch, kindly verify or register wallet then retry.",
    1016: "Returned by the recipient or the recipient's bank",  # (docs) shortened
    1020: "The bank is not supported",  # (docs) shortened, so are the next two
    1021: "The document id is wrong",
    1022: "The account type does not match",
    OTHERS: "Others",
}
"""errorCode to errorMessage (docs, callback pages). 1003, 1008, 1009, 1015, 1018 and 1019 tell of things that no reason
here says: several failures in a row, faults of a request, which of a beneficiary's data is wrong."""

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

# (docs), each with its page's text; those marked "short" are known only from a summary.
APPLICATION_NOT_FOUND: Final = Fault(_HTTP_OK, 416, "Application not found")
MERCHANT_NOT_FOUND: Final = Fault(_HTTP_OK, 417, "Merchant account not found")
MERCHANT_CLOSED: Final = Fault(_HTTP_OK, 418, "Merchant account is closed")
METHOD_UNSUPPORTED: Final = Fault(_HTTP_OK, 421, "payout method not supported")  # short
BALANCE_INSUFFICIENT: Final = Fault(_HTTP_OK, 425, "Insufficient merchant balance")
ORDER_DUPLICATE: Final = Fault(_HTTP_OK, 426, "merchant order duplicate")
CALLBACK_MISSING: Final = Fault(_HTTP_OK, 427, "The callback notification address for collection must not be empty.")
CARD_BANK_MISMATCH: Final = Fault(_HTTP_OK, 429, "The card number and the bank code do not match.")  # short
CARD_LENGTH_WRONG: Final = Fault(_HTTP_OK, 430, "The card number length is incorrect.")
BANK_CODE_UNSUPPORTED: Final = Fault(_HTTP_OK, 431, "The bank code does not supported.")
PHONE_START_WRONG: Final = Fault(_HTTP_OK, 438, "phone must start with 3")  # short
PHONE_LENGTH_WRONG: Final = Fault(_HTTP_OK, 440, "phone length is incorrect")  # short
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
ACCOUNT_LENGTH_WRONG: Final = Fault(_HTTP_OK, 481, "account length is incorrect")  # short
ACCOUNT_UNFIT: Final = Fault(_HTTP_OK, 482, "account does not meet the requirements")  # short
TRY_LATER: Final = Fault(_HTTP_OK, 412, "Please try again later")
BUSINESS_ERROR: Final = Fault(_HTTP_OK, 500, "Business Error")
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
"""The same with a traceId instead of `success` (docs, query pages of PE and PK)."""
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


def reason_of(status: int, failure: Failure | None, page: Collection[int]) -> Reason | None:
    """Why a payout has status 3, 4 or 5, by a code of the country's `page`; None for the other statuses (docs). Stopped
    before it was sent, or with no code on the page: 9999 (decision)."""
    if status == FAILED:
        wanted = () if failure is None else CODES_OF_REASONS[failure.reason]
    elif status in (REFUNDED, PARTLY_REFUNDED):
        wanted = (RETURN,)
    else:
        return None
    code = next((code for code in wanted if code in page), OTHERS)
    return code, REASON_TEXTS[code]


CODES_OF_REASONS: Final[Mapping[FailureReason, tuple[int, ...]]] = {
    FailureReason.ACCOUNT_NOT_FOUND: (1000, 1014),
    FailureReason.ACCOUNT_FROZEN: (1006, 1000),
    FailureReason.ACCOUNT_ABNORMAL: (1007, 1000),
    FailureReason.WRONG_DETAILS: (1013, 1021, 1011),
    FailureReason.WRONG_ACCOUNT_NUMBER: (),
    FailureReason.WRONG_DOCUMENT: (),
    FailureReason.WRONG_METHOD: (1022, 1012),
    FailureReason.BANK_UNSUPPORTED: (1020,),
    FailureReason.LIMIT_EXCEEDED: (1004,),
    FailureReason.AMOUNT_OUTSIDE_LIMITS: (1005,),
    FailureReason.REPEATED_FAILURES: (),
    FailureReason.REQUEST_REJECTED: (),
    FailureReason.RAIL_FAULT: (),
    FailureReason.RAIL_UNSTABLE: (1010, 1002),
    FailureReason.RAIL_OUT_OF_FUNDS: (),
    FailureReason.SENT_BACK: (1016, RETURN),
    FailureReason.DECIDED_BY_HAND: (),
    FailureReason.REVIEW_REJECTED: (),
    FailureReason.OTHER: (),
}
"""The documented codes that tell each reason, the most precise first (decision); no page has all of them. A test fails
for a reason that is missing."""


def refusal_fault(refusal: Refusal) -> Fault:
    """The answer for a "no" of the core. 500 for what no endpoint here can cause: "anything else" (docs)."""
    return _REFUSALS[refusal]


_REFUSALS: Final = dict.fromkeys(NOT_FOR_CALLERS, BUSINESS_ERROR) | {
    Refusal.ACCOUNT_NOT_FOUND: MERCHANT_NOT_FOUND,
    Refusal.ACCOUNT_CLOSED: MERCHANT_CLOSED,
    Refusal.PAYOUT_NOT_FOUND: ORDER_NOT_FOUND,
    Refusal.BALANCE_NOT_FOUND: MERCHANT_NOT_FOUND,
    Refusal.TRANSFER_NOT_FOUND: BUSINESS_ERROR,
    Refusal.REFERENCE_ELSEWHERE: BUSINESS_ERROR,
    Refusal.STILL_RUNNING: BUSINESS_ERROR,
    Refusal.BANK_ACCOUNT_NOT_FOUND: BUSINESS_ERROR,
    Refusal.TARGET_NOT_FOUND: BUSINESS_ERROR,
    Refusal.SAME_ACCOUNT: BUSINESS_ERROR,
    Refusal.CURRENCY_OFF: NOT_CONFIGURED,
    Refusal.METHOD_OFF: METHOD_UNSUPPORTED,
    Refusal.RECIPIENT_BLOCKED: RECIPIENT_BLOCKED,
    Refusal.AMOUNT_TOO_SMALL: AMOUNT_TOO_SMALL,
    Refusal.AMOUNT_TOO_LARGE: AMOUNT_TOO_LARGE,
    Refusal.CURRENCY_NOT_HELD: MERCHANT_NOT_FOUND,
    Refusal.INSUFFICIENT_BALANCE: BALANCE_INSUFFICIENT,
}
"""Every refusal has an entry; a test fails for one that is missing."""


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
        case Trouble.BODY_ENCODED:
            return _BODY_ENCODED
        case Trouble.NONCE_REPEATED:
            return NONCE_REPEATED
        case Trouble.TOO_MANY_REQUESTS | Trouble.UNAVAILABLE:
            return TRY_LATER
        case Trouble.INTERNAL:
            return INTERNAL_ERROR
        case _:
            assert_never(trouble)


_NO_SUCH_PATH: Final = Fault(404, _PARAMETER, "no such path")
_WRONG_METHOD: Final = Fault(405, _PARAMETER, "method must be POST")
_BODY_TOO_LARGE: Final = Fault(413, _PARAMETER, "body too large")
_BODY_ENCODED: Final = Fault(415, _PARAMETER, "body must not be compressed: leave out Content-Encoding")
