"""Why a payout failed, in TeemoPay's documents: the code of each neutral reason in each country, and its text there.

Nothing here comes from Outlay: texts are copied from the documents, character by character, with their wide commas.
"""

from __future__ import annotations

from collections.abc import Mapping

ALL = "AR BP BR CL CO ID IN KH KR MX PE PK"
_MOST = "AR BP BR CL CO ID IN KH KR MX PE"
_WALLETS = "AR IN KR MX PK"
_TEXTS = (
    (1000, _MOST, "The account does not exist or is restricted"),
    (1001, _MOST, "Return"),
    (1002, _MOST, "Channel server fluctuations"),
    (
        1003,
        "PK",
        "Multiple failures within 30 minutes. Kindly refer to the previous reason, "
        "contact the user to change the card or retry later.",
    ),
    (1004, _WALLETS, "Wallet limit exceeded, kindly contact user to upgrade or restore limit."),
    (1005, _WALLETS, "Transaction amount exceeds limit, kindly retry within allowed range."),
    (1006, "CO KH PE", "User account frozen, kindly contact user to change card and retry."),
    (1006, "PK", "Wallet account frozen, kindly contact user to change card and retry."),
    (1007, "AR CO KR MX PE", "Abnormal user account , kindly contact user to verify account and retry."),
    (1007, "IN KH", "Abnormal user account, kindly contact user to verify account and retry."),
    (1007, "PK", "Wallet account abnormal, kindly contact user to verify account and retry."),
    (1008, "PK", "Request field error, kindly verify and retry."),
    (1009, "PK", "Channel request error, technicians will fix ASAP."),
    (1010, "AR CO IN KH KR MX PE PK", "Unstable network, kindly retry later."),
    (1011, _WALLETS, "Parameter validation error, kindly verify and retry."),
    (1012, _WALLETS, "Payment method error, kindly select the right way and try again."),
    (1013, "PK", "Invalid receiver information, kindly verify and retry."),
    (1014, "PK", "Account inexist or CNIC mismatch, kindly verify or register wallet then retry."),
    (1015, "PK", "Insufficient balance, kindly contact user to recharge and retry."),
    (1016, "AR KR MX", "Refund by the recipient or the recipient's bank，kindly contact user to verify account"),
    (1016, "IN", "Refund by the recipient or the recipient's bank, kindly contact user to verify account"),
    (
        1018,
        "CL",
        "Invalid account number (may be due to mismatch with ID number, presence of special characters, or incorrect "
        "length), kindly verify and retry.",
    ),
    (1019, "CL", "Invalid RUT, kindly verify and retry."),
    (1020, "CL", "Unsupported bank. Please select a different bank and try again."),
    (
        1021,
        "CL",
        "Invalid document ID (may be due to incorrect length, format, or mismatch with user's information), "
        "kindly verify and retry.",
    ),
    (1022, "CL", "Account number does not match the account type, kindly verify and retry."),
    (1024, ALL, "FINAL_FAILURE_MANUAL"),
    (9999, ALL, "Others"),
)
TEXTS_IN: Mapping[str, Mapping[int, str]] = {
    country: {code: text for code, countries, text in _TEXTS if country in countries} for country in ALL.split()
}

CODES: Mapping[str, Mapping[str, int]] = {
    "account_not_found": {"PK": 1014, "": 1000},
    "account_frozen": {"PE": 1006, "CO": 1006, "KH": 1006, "PK": 1006, "": 1000},
    "account_abnormal": {"BR": 1000, "CL": 1000, "ID": 1000, "BP": 1000, "": 1007},
    "wrong_details": {"PK": 1013, "CL": 1021, "AR": 1011, "IN": 1011, "KR": 1011, "MX": 1011, "": 9999},
    "wrong_account_number": {"CL": 1018, "PK": 1013, "AR": 1011, "IN": 1011, "KR": 1011, "MX": 1011, "": 1000},
    "wrong_document": {"CL": 1021, "PK": 1014, "AR": 1011, "IN": 1011, "KR": 1011, "MX": 1011, "": 9999},
    "wrong_method": {"CL": 1022, "AR": 1012, "IN": 1012, "KR": 1012, "MX": 1012, "PK": 1012, "": 9999},
    "bank_unsupported": {"CL": 1020, "": 9999},
    "limit_exceeded": {"AR": 1004, "IN": 1004, "KR": 1004, "MX": 1004, "PK": 1004, "": 9999},
    "amount_outside_limits": {"AR": 1005, "IN": 1005, "KR": 1005, "MX": 1005, "PK": 1005, "": 9999},
    "repeated_failures": {"PK": 1003, "": 1002},
    "request_rejected": {"PK": 1008, "AR": 1011, "IN": 1011, "KR": 1011, "MX": 1011, "": 9999},
    "rail_fault": {"PK": 1009, "": 1002},
    "rail_unstable": {"BR": 1002, "CL": 1002, "ID": 1002, "BP": 1002, "": 1010},
    "rail_out_of_funds": {"PK": 1015, "": 1002},
    "sent_back": {"AR": 1016, "IN": 1016, "KR": 1016, "MX": 1016, "PK": 9999, "": 1001},
    "decided_by_hand": {"": 1024},
    "review_rejected": {"": 9999},
    "other": {"": 9999},
}
"""By reason and country, "" stands for the others. The document of a RUT or RUN is another matter: 1019."""


def code_in(country: str, reason: str) -> int:
    return CODES[reason].get(country, CODES[reason][""])


def return_code_in(country: str) -> int:
    """Of money that came back, unless somebody decided so."""
    return 9999 if country == "PK" else 1001
