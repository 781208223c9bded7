"""The shapes on LessPay's wire, as documented: what we write as structs in the documented field order, what we read as
names, lengths and forms. No logic.

Sources: the seed page of `payout/query` (seed), the provider's pages (docs), its published Java demo (vendor code).

The trap: the wallet object is named `e_wallet` while the destination type is spelt `ewallet` (vendor code).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from outlay.core.countries import COUNTRIES
from outlay.core.currencies import EXPONENTS
from outlay.wire.addresses import NOTICE_ADDRESS, NOTICE_ADDRESS_RULE
from outlay.wire.fields import Content, Form
from outlay.wire.sizes import AMOUNT, Items, Shape, longest_body, text, word, word_of

PREFIXES: Final = ("/api/global/",)  # (seed)
CREATE_PATH: Final = "/api/global/payout/create-order"  # (docs 440469670e0)
BATCH_PATH: Final = "/api/global/payout/batch/create-order"  # (docs 8231140m0, 7883830m0)
QUERY_PATH: Final = "/api/global/payout/query"  # (seed)
BANKS_PATH: Final = "/api/global/payout/bank"  # (vendor code; named in the seed's menu)
BALANCE_PATH: Final = "/api/global/payout/balance"  # (vendor code)

APPID_HEADER: Final = "x-auth-appid"  # (seed)
TIMESTAMP_HEADER: Final = "x-auth-timestamp"  # (seed)
SIGNATURE_HEADER: Final = "x-auth-signature"  # (seed)
# We issue 24 hex characters, as in the docs' example (docs 7883827m0); who migrates may bring others (decision).
APPID_FORM: Final = re.compile("[0-9A-Za-z._-]{1,64}")
TIMESTAMP_FORM: Final = re.compile("[0-9]{13}")  # Unix milliseconds, 13 digits (seed; docs 7768724m0)
SIGNATURE_FORM: Final = re.compile("[0-9A-F]{64}")  # the demo compares exactly (vendor code)
TIMESTAMP_WINDOW_MS: Final = 5 * 60 * 1000  # each way (decision)

PAY_ORDER_ID_PREFIX: Final = "PO"  # (vendor code: sample)
DETAIL_ID_PREFIX: Final = "POD"  # (decision)
PAY_ORDER_ID_FORM: Final = re.compile(PAY_ORDER_ID_PREFIX + "([0-9]{19})")  # (vendor code: sample)

TRANSACTION_TYPE: Final = "payout"  # (docs 7883855m0: code 30008); compared without case (decision)

REQUEST_ID_LONGEST: Final = 64  # (docs 8231140m0)
DETAIL_REFERENCE_LONGEST: Final = 64  # mch_order_id (docs 8231140m0)
DETAILS_MOST: Final = 1000  # of one batch (decision)
PAY_ORDER_ID_LONGEST: Final = 64  # (decision)
WAY_LONGEST: Final = 64  # way_code, way_type (decision)
TEXT_LONGEST: Final = 255  # every text without a documented length (decision)
ACCOUNT_LONGEST: Final = 64  # (docs 7883855m0: code 30006)
BATCH_MOST_VALUES: Final = 50 * DETAILS_MOST  # members and items; a detail can have 18 (decision)
EXPIRED_TIME_LARGEST: Final = 100 * 365 * 86_400  # seconds: a bound so that the time can be stored (decision)

CURRENCIES: Final = frozenset(EXPONENTS) - {"CNH"}  # ISO 4217 and USDT USDC BTC ETH (docs); CNH is none of them

HOLDERS: Final = ("individual", "business")  # (docs 440469670e0)
BANK_TYPES: Final = frozenset({"bank", "bank_account"})  # the two mean the same (vendor code)
DESTINATION_TYPES: Final = ("bank", "bank_account", "crypto_wallet", "ewallet")  # (vendor code)
BANK_ACCOUNT_TYPES: Final = ("savings", "checking", "payment")  # (docs 440469670e0)
BATCH_DESTINATION_TYPES: Final = ("bank", "crypto_wallet", "ewallet")  # (docs 8231140m0)
BATCH_DESTINATION_DEFAULT: Final = "bank"  # (vendor code)
NETWORKS: Final = ("TRC20", "ERC20", "BEP20")  # (docs 440469670e0)
PIX_PROVIDER: Final = "PIX"  # the e_wallet's provider for PIX keys (vendor code); compared without case (decision)
WAY_WITHOUT_BALANCE: Final = "TWELVEPAY_PAYOUT"  # its balance cannot be asked for (vendor code: comment)
KEY_KINDS: Final = ("cpf", "cnpj", "email", "phone", "random")  # account_type of an e_wallet (vendor code)
DEPOSIT_KEY_TYPES: Final = ("random", "pix_key", "upi_handle", "phone")  # of a batch's e_wallet (vendor code)

EMAIL_FORM: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")  # (decision)
CALLING_CODE_FORM: Final = re.compile("[0-9]{1,5}")  # (docs sample)
PHONE_FORM: Final = re.compile("[0-9]{1,20}")  # digits, no country code (docs); the length is a (decision)
SWIFT_FORM: Final = re.compile("[0-9A-Za-z]{8}(?:[0-9A-Za-z]{3})?")  # 8 or 11 characters (docs)
IBAN_FORM: Final = re.compile("[A-Z]{2}[0-9]{2}[0-9A-Z]{8,30}")  # ISO 13616 in its compact form; if strict (decision)
UPI_FORM: Final = re.compile(r"[0-9A-Za-z._-]{2,256}@[0-9A-Za-z]{2,64}")  # name@bank, as NPCI has it (inference)
WALLET_PHONE_FORM: Final = re.compile(r"\+?[0-9]{6,20}")  # (decision)
DATE_FORMS: Final = (  # DD-MM-YYYY in a comment, YYYY-MM-DD in every example (vendor code): both (decision)
    re.compile("(?P<day>[0-9]{2})-(?P<month>[0-9]{2})-(?P<year>[0-9]{4})"),
    re.compile("(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
)


class TextField(msgspec.Struct, frozen=True):
    """An optional text of a received object: its longest length in characters, its form or its choices (`rule` words
    either), and what it is."""

    name: str
    longest: int = TEXT_LONGEST
    pattern: Form | None = None
    rule: str = ""
    choices: Collection[str] | None = None
    content: Content = Content.LINE


def _account(name: str) -> TextField:
    """A number that is paid to. No document says more of it than its length; what a rail demands is checked if the
    account's destinations are (decision)."""
    return TextField(name, ACCOUNT_LONGEST, content=Content.NUMBER)


COUNTRY_RULE: Final = "must be an assigned ISO 3166-1 alpha-2 code in upper case"  # alpha-2 (docs), assigned (decision)
IBAN_RULE: Final = "must be a valid IBAN, in upper case and without blanks"
TAX_ID_RULE: Final = "must be a valid CPF or CNPJ where BRL is paid"
SWIFT_RULE: Final = "must be 8 or 11 letters and digits"
# Two faults of a batch that have a code of their own, whatever other faults their fields can have.
TOTAL_RULE: Final = "must equal the sum of the amounts of payout_order_details"
UNIQUE_RULE: Final = "must be unique in the batch"

# (docs 440469670e0 and vendor code: PayoutCreateOrderDTO); lengths without a mark above are a (decision).
_NOTIFY_URL: Final = TextField("notify_url", pattern=NOTICE_ADDRESS, rule=NOTICE_ADDRESS_RULE)  # http or https (docs)
_PRODUCT_NAME: Final = TextField("product_name", content=Content.REMARK)
_DESCRIPTION: Final = TextField("description", content=Content.REMARK)
# `purpose` is a word for the channel, such as PYR001, and no remark.
MEMO_FIELDS: Final = (_PRODUCT_NAME, _DESCRIPTION, TextField("purpose"), _NOTIFY_URL)
# (docs 8231140m0 and vendor code: CreatePayoutOrderDTO)
BATCH_MEMO_FIELDS: Final = (_PRODUCT_NAME, _DESCRIPTION, TextField("transaction_network"), _NOTIFY_URL)
INFO_FIELDS: Final = (
    TextField("email", pattern=EMAIL_FORM, rule="must be an e-mail address"),
    TextField("tax_id", content=Content.NUMBER),
    TextField("nationality", choices=COUNTRIES, rule=COUNTRY_RULE),
    TextField("national_id", content=Content.NUMBER),
)
PHONE_FIELDS: Final = (
    TextField(
        "calling_code", pattern=CALLING_CODE_FORM, rule="must be 1 to 5 digits without +", content=Content.NUMBER
    ),
    TextField("number", pattern=PHONE_FORM, rule="must be 1 to 20 digits", content=Content.NUMBER),
)
ADDRESS_FIELDS: Final = (
    TextField("country", choices=COUNTRIES, rule=COUNTRY_RULE),
    TextField("state"),
    TextField("city"),
    TextField("postal_code"),
    TextField("line1"),
    TextField("line2"),
)
BANK_FIELDS: Final = (
    TextField("account_type", choices=BANK_ACCOUNT_TYPES),
    TextField("country", choices=COUNTRIES, rule=COUNTRY_RULE),
    TextField("bank_province"),
    TextField("bank_city"),
    TextField("bank_name"),
    _account("account_number"),
    _account("iban"),
    TextField("purpose_code"),
    TextField("branch_name"),
)
BANK_CODE_FIELDS: Final = (
    TextField("swift_code", pattern=SWIFT_FORM, rule=SWIFT_RULE, content=Content.NUMBER),
    *(
        TextField(name, content=Content.NUMBER)
        for name in ("ifsc_code", "aba_code", "sort_code", "branch_code", "bsb_code", "bank_code", "cnaps")
    ),
)
E_WALLET_FIELDS: Final = (
    _account("account_number"),
    _account("deposit_key"),
    TextField("account_type", choices=KEY_KINDS),
)
BATCH_E_WALLET_FIELDS: Final = (
    _account("account_number"),
    TextField("deposit_key_type", choices=DEPOSIT_KEY_TYPES),
    _account("deposit_key"),
)

# -- how long a request can be --------------------------------------------------------------------------------------


def _shape_of(fields: Iterable[TextField]) -> Shape:
    return {field.name: word_of(field.choices) if field.choices else text(field.longest) for field in fields}


_TEXT: Final = text(TEXT_LONGEST)
_COUNTRY: Final = word_of(COUNTRIES)
_SWIFT_CODE: Final = word(11)
_QUESTION: Final = {"transaction_type": word(len(TRANSACTION_TYPE)), "currency": word_of(CURRENCIES)}
_ORDER: Final = {
    "request_id": text(REQUEST_ID_LONGEST),
    "way_code": text(WAY_LONGEST),
    "way_type": text(WAY_LONGEST),
    "expired_time": word(len(str(EXPIRED_TIME_LARGEST))),
    **_QUESTION,
}
_BENEFICIARY: Final[Shape] = {
    "beneficiary_type": word_of(HOLDERS),
    "beneficiary_info": {
        "name": _TEXT,
        "first_name": _TEXT,
        "last_name": _TEXT,
        "date_of_birth": word(10),
        **_shape_of(INFO_FIELDS),
        "phone": _shape_of(PHONE_FIELDS),
        "address": _shape_of(ADDRESS_FIELDS),
    },
    "destination": {
        "type": word_of(DESTINATION_TYPES),
        "bank": {**_shape_of(BANK_FIELDS), "bank_codes": _shape_of(BANK_CODE_FIELDS)},
        "e_wallet": {"ewallet_provider": _TEXT, **_shape_of(E_WALLET_FIELDS)},
        "crypto_wallet": {"wallet_address": text(ACCOUNT_LONGEST), "network": word_of(NETWORKS)},
    },
}
_DETAIL: Final[Shape] = {
    "mch_order_id": text(DETAIL_REFERENCE_LONGEST),
    "amount": AMOUNT,
    "destination_type": word_of(BATCH_DESTINATION_TYPES),
    "bank_account_no": text(ACCOUNT_LONGEST),
    "bank_account_name": _TEXT,
    "bank_account_type": word_of(HOLDERS),
    "bank_name": _TEXT,
    "bank_country_code": _COUNTRY,
    "bank_swift_code": _SWIFT_CODE,
    "e_wallet": {
        "account_name": _TEXT,
        "account_type": word_of(HOLDERS),
        "provider": _TEXT,
        **_shape_of(BATCH_E_WALLET_FIELDS),
    },
}
SHAPES: Final[Mapping[str, Shape]] = {
    CREATE_PATH: {**_ORDER, "amount": AMOUNT, **_shape_of(MEMO_FIELDS), "beneficiary": _BENEFICIARY},
    BATCH_PATH: {
        **_ORDER,
        "total_amount": AMOUNT,
        "destination_type": word_of(BATCH_DESTINATION_TYPES),
        **_shape_of(BATCH_MEMO_FIELDS),
        "payout_order_details": Items(DETAILS_MOST, _DETAIL),
    },
    QUERY_PATH: {
        **_QUESTION,
        "request_id": text(REQUEST_ID_LONGEST),
        "pay_order_id": text(PAY_ORDER_ID_LONGEST),
    },
    BANKS_PATH: {**_QUESTION, "bank_country_code": _COUNTRY, "way_code": text(WAY_LONGEST)},
    BALANCE_PATH: {**_QUESTION, "way_code": text(WAY_LONGEST)},
}
"""The fields of each request, with the bytes of their longest values."""
LONGEST_BODIES: Final = {path: longest_body(shape) for path, shape in SHAPES.items()}


class OrderStatus(StrEnum):
    """`order_status` (docs: enumeration); the integer beside each word. 12 PAID belongs to pay-in."""

    PENDING_CONFIRM = "PENDING_CONFIRM"  # 0
    PENDING_PAY = "PENDING_PAY"  # 1
    SUCCEED = "SUCCEED"  # 2
    FAILED = "FAILED"  # 3
    CANCELED = "CANCELED"  # 4
    REFUND = "REFUND"  # 5
    CLOSED = "CLOSED"  # 6
    PARTIAL_SUCCESS = "PARTIAL_SUCCESS"  # 11


class DetailStatus(StrEnum):
    """`details[].status` (vendor code), written in upper case (decision)."""

    CREATED = "CREATED"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    REFUNDED = "REFUNDED"
    CLOSED = "CLOSED"


class AuditState(StrEnum):
    """`details[].audit_state` (vendor code)."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class DetailObject(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer of an order; every field is always present. Amounts are decimal text in major units with exactly
    the currency's decimals, times Unix milliseconds as text (docs 7883839m0). (seed) marks the seed's fields, the
    others are (vendor code)."""

    payout_order_detail_id: str  # (seed)
    mch_order_id: str  # (seed)
    amount: str  # (seed) as requested
    actual_amount: str | None  # null until paid
    status: DetailStatus  # (seed)
    audit_state: AuditState
    fail_reason: str | None  # (seed) null unless failed or partly returned
    rejected_reason: str | None  # null unless audit_state is REJECTED
    channel_order_no: str | None  # (seed) null until sent to a channel
    bank_account_no: str  # (seed) masked
    bank_account_name: str  # (seed) masked
    bank_account_type: str | None  # individual or business
    bank_name: str | None
    bank_country_code: str | None
    bank_swift_code: str | None
    success_time: str | None  # null until paid


class OrderObject(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of both creates and of query, and the whole body of a notification. All fields but decimal_places, which
    is (vendor code), are the seed's. A batch has a detail for each of its payouts, in the order of the request."""

    pay_order_id: str
    request_id: str
    order_status: OrderStatus
    currency: str
    total_amount: str
    decimal_places: int
    fail_reason: str | None
    created_at: str
    details: tuple[DetailObject, ...]


class BankObject(msgspec.Struct, frozen=True, kw_only=True):
    """One item of `data` of `bank` (decision: nothing is documented but that codes and names are told)."""

    bank_code: str
    bank_name: str
    destination_type: str
    """`bank` or `ewallet`."""


class BalanceObject(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `balance` (decision). Total is frozen and available together."""

    currency: str
    way_code: str
    total_balance: str
    frozen_balance: str
    available_balance: str


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Around every answer (seed). `data` is null on an error; `encrypt_data` is always "", and `sign` is "" unless
    `data` is an object (decision)."""

    code: int
    msg: str
    data: OrderObject | BalanceObject | tuple[BankObject, ...] | None
    encrypt_data: str = msgspec.field(default="", name="encryptData")
    sign: str = ""
