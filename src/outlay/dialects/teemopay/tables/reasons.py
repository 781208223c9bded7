"""Why a payout failed or came back, in the words of a country's page (docs, `<country>/payout/callback.md`).

The trap: the pages disagree. Which codes a country has is its Chinese page's, what a code says its English one's where
that has the code (decision); those of AR, KR and MX are copies of Pakistan's and tell of wallets: not used. So one code
has several texts, and commas and brackets of full width stand where the pages have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from outlay.core.outcome import FailureReason
from outlay.core.party import DocumentKind
from outlay.core.payout import Payout

Reason = tuple[int, str]
"""errorCode and errorMessage."""

RETURN: Final = 1001
BY_HAND: Final = 1024
OTHERS: Final = 9999

_ALL: Final = "AR BP BR CL CO ID IN KH KR MX PE PK"
_ALL_BUT_PK: Final = "AR BP BR CL CO ID IN KH KR MX PE"
_PRINTED: Final[tuple[tuple[int, str, str], ...]] = (
    (1000, _ALL_BUT_PK, "The account does not exist or is restricted"),
    (RETURN, _ALL_BUT_PK, "Return"),
    (1002, _ALL_BUT_PK, "Channel server fluctuations"),
    (
        1003,
        "PK",
        "Multiple failures within 30 minutes. Kindly refer to the previous reason, contact the user to change the card"
        " or retry later.",
    ),
    (1004, "AR IN KR MX PK", "Wallet limit exceeded, kindly contact user to upgrade or restore limit."),
    (1005, "AR IN KR MX PK", "Transaction amount exceeds limit, kindly retry within allowed range."),
    (1006, "CO KH PE", "User account frozen, kindly contact user to change card and retry."),
    (1006, "PK", "Wallet account frozen, kindly contact user to change card and retry."),
    (
        1007,
        "AR CO KR MX PE",
        "Abnormal user account , kindly contact user to verify account and retry.",  # the blank is the page's
    ),
    (1007, "IN KH", "Abnormal user account, kindly contact user to verify account and retry."),
    (1007, "PK", "Wallet account abnormal, kindly contact user to verify account and retry."),
    (1008, "PK", "Request field error, kindly verify and retry."),
    (1009, "PK", "Channel request error, technicians will fix ASAP."),
    (1010, "AR CO IN KH KR MX PE PK", "Unstable network, kindly retry later."),
    (1011, "AR IN KR MX PK", "Parameter validation error, kindly verify and retry."),
    (1012, "AR IN KR MX PK", "Payment method error, kindly select the right way and try again."),
    (1013, "PK", "Invalid receiver information, kindly verify and retry."),
    (1014, "PK", "Account inexist or CNIC mismatch, kindly verify or register wallet then retry."),
    (1015, "PK", "Insufficient balance, kindly contact user to recharge and retry."),
    (
        1016,
        "AR KR MX",
        "Refund by the recipient or the recipient's bank，kindly contact user to verify account",
    ),
    (1016, "IN", "Refund by the recipient or the recipient's bank, kindly contact user to verify account"),
    (
        1018,
        "CL",
        "Invalid account number (may be due to mismatch with ID number, presence of special characters, or incorrect"
        " length), kindly verify and retry.",
    ),
    (1019, "CL", "Invalid RUT, kindly verify and retry."),
    (1020, "CL", "Unsupported bank. Please select a different bank and try again."),
    (
        1021,
        "CL",
        "Invalid document ID (may be due to incorrect length, format, or mismatch with user's information), kindly"
        " verify and retry.",
    ),
    (1022, "CL", "Account number does not match the account type, kindly verify and retry."),
    (BY_HAND, _ALL, "FINAL_FAILURE_MANUAL"),  # (seed) in an example of Brazil; everywhere (decision)
    (OTHERS, _ALL, "Others"),
)

PAGES: Final[Mapping[str, Mapping[int, str]]] = {
    country: {code: text for code, countries, text in _PRINTED if country in countries.split()}
    for country in _ALL.split()
}
"""By country: errorCode to errorMessage."""

CODES_OF_REASONS: Final[Mapping[FailureReason, tuple[int, ...]]] = {
    FailureReason.ACCOUNT_NOT_FOUND: (1000, 1014),
    FailureReason.ACCOUNT_FROZEN: (1006, 1000),
    FailureReason.ACCOUNT_ABNORMAL: (1007, 1000),
    FailureReason.WRONG_DETAILS: (1013, 1021, 1011),
    FailureReason.WRONG_ACCOUNT_NUMBER: (1018, 1013, 1011, 1000),
    FailureReason.WRONG_DOCUMENT: (1021, 1014, 1013, 1011),
    FailureReason.WRONG_METHOD: (1022, 1012),
    FailureReason.BANK_UNSUPPORTED: (1020,),
    FailureReason.LIMIT_EXCEEDED: (1004,),
    FailureReason.AMOUNT_OUTSIDE_LIMITS: (1005,),
    FailureReason.REPEATED_FAILURES: (1003, 1002),
    FailureReason.REQUEST_REJECTED: (1008, 1011),
    FailureReason.RAIL_FAULT: (1009, 1002),
    FailureReason.RAIL_UNSTABLE: (1010, 1002),
    FailureReason.RAIL_OUT_OF_FUNDS: (1015, 1002),
    FailureReason.SENT_BACK: (1016, RETURN),
    FailureReason.DECIDED_BY_HAND: (BY_HAND,),
    FailureReason.REVIEW_REJECTED: (),
    FailureReason.OTHER: (),
}
"""The documented codes that tell each reason, the most precise first (decision); no page has all of them. A test fails
for a reason that is missing."""

_WRONG_RUT: Final = (1019, 1014, 1013, 1011)
_RUTS: Final = frozenset({DocumentKind.RUT, DocumentKind.RUN})


def why_failed(payout: Payout, page: Mapping[int, str]) -> Reason:
    """By the first code of the reason that the country's page has. Stopped before it was sent, or no such code: 9999
    (decision)."""
    failure = payout.failure
    if failure is None:
        return _first((), page)
    if failure.reason is FailureReason.WRONG_DOCUMENT and payout.beneficiary.party.document_kinds & _RUTS:
        return _first(_WRONG_RUT, page)
    return _first(CODES_OF_REASONS[failure.reason], page)


def why_returned(payout: Payout, page: Mapping[int, str]) -> Reason:
    """Of several returns the latest says why: it made the payout what it is now (decision)."""
    by_decision = bool(payout.returns) and payout.returns[-1].by_decision
    return _first((BY_HAND if by_decision else RETURN,), page)


def _first(wanted: tuple[int, ...], page: Mapping[int, str]) -> Reason:
    code = next((code for code in wanted if code in page), OTHERS)
    return code, page[code]
