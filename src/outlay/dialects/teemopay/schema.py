"""TeemoPay's wire shapes as its documents print them: data, no logic. What differs between countries:
`tables.countries`.

The order of a Struct's fields is the order of the documented examples; a field of type `UnsetType` is left out of the
answer where it has no value. What the shapes mean is the business of `inbound`, `values` and `codes`.

The trap: absent and null are two things here. A payout without a refund has *no* refund fields, but it does have
`completeTime: null` (seed).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

# Paths (seed for the query; docs for the others).
PREFIXES: Final = ("/api/pay/",)
CREATE_PATH: Final = "/api/pay/payout/create/v1"
QUERY_PATH: Final = "/api/pay/payout/query/v1"
BALANCE_PATH: Final = "/api/pay/merchant/balance"
LIST_PATH: Final = "/api/pay/transaction/queryList"

# Request headers, lower case as a Request holds them (seed).
APP_CODE: Final = "app_code"
COUNTRY: Final = "country"
NONCE: Final = "nonce"
TIMESTAMP: Final = "timestamp"

SIGN: Final = "sign"
"""The body's member that holds the signature (seed)."""

APP_CODE_FORM: Final = re.compile("[0-9A-Za-z._-]{1,32}", re.ASCII)
"""At most 32 characters (docs); `A2404010004MX001` is the documented example."""
NONCE_FORM: Final = re.compile(r"[\x21-\x7e]{32}")
"""Exactly 32 (docs) visible ASCII characters (decision)."""
TIMESTAMP_FORM: Final = re.compile(r"[0-9]{13}", re.ASCII)
"""Unix milliseconds (docs)."""
TIMESTAMP_TOLERANCE_MS: Final = 30_000  # (docs) rule 2
NONCE_LIFETIME_MS: Final = 24 * 3_600_000  # (docs)

MERCHANT_ORDER_NO_FORM: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
"""The alphabet is a decision, the length below is not."""

# Lengths of the fields that every country has (docs, create page; the first one also seed).
MERCHANT_ORDER_NO_LENGTH: Final = 32
AMOUNT_LENGTH: Final = 20
CALLBACK_URL_LENGTH: Final = 200

# The list (docs, bill page).
LIST_TIME_FORM: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}", re.ASCII)
LIST_TIME_LENGTH: Final = 23
LIST_OLDEST_MS: Final = 90 * 86_400_000
LIST_LONGEST_MS: Final = 31 * 86_400_000
PAYIN: Final = "PAYIN"
PAYOUT: Final = "PAYOUT"
LARGEST_PAGE: Final = 1000
USUAL_PAGE: Final = 500


class CreateData(msgspec.Struct, frozen=True):
    """Answer to create (docs)."""

    merchantOrderNo: str
    tradeNo: str
    amount: str
    status: int


class RefundDetail(msgspec.Struct, frozen=True):
    """One refund (seed). `refundStatus` is a number in every example, though the English table says String."""

    refundNo: str
    refundAmount: str
    refundStatus: int
    refundTime: str


class QueryData(msgspec.Struct, frozen=True):
    """Answer to query (seed). The last two are there only with a refund; `claveRastreo` only in Mexico, `cepUrl`
    there and, with a refund, in Brazil."""

    merchantOrderNo: str
    tradeNo: str
    amount: str
    status: int
    serviceRate: str
    serviceAmount: str
    immService: str
    completeTime: str | None
    errorCode: int | None
    errorMessage: str | None
    claveRastreo: str | UnsetType | None = UNSET
    cepUrl: str | UnsetType | None = UNSET
    totalRefundAmount: str | UnsetType = UNSET
    refundDetails: list[RefundDetail] | UnsetType = UNSET


class BalanceData(msgspec.Struct, frozen=True):
    """Answer to balance (docs)."""

    totalAmount: str
    frozenAmount: str
    availAmount: str


class Record(msgspec.Struct, frozen=True):
    """A row of the list (docs). `status` is a String in the table and a number in the example."""

    type: str
    merchantOrderNo: str
    tradeNo: str
    amount: str
    transactionAmount: str
    serviceAmount: str
    status: int
    settleStatus: int | None
    failReason: str | None
    createTime: str
    completeTime: str | None
    settleTime: str | None
    paymentList: list[str]
    """Of pay-ins; always empty here."""


class ListData(msgspec.Struct, frozen=True):
    """A page of the list (docs). `pageIndex` asks for the next one; null on the last (decision)."""

    pageIndex: str | None
    records: list[Record]


Data = CreateData | QueryData | BalanceData | ListData


class Envelope(msgspec.Struct, frozen=True):
    """Every answer but two: `data` is null in an error (seed, docs)."""

    code: int
    data: Data | None
    msg: str
    traceId: str


class OrderNotFound(msgspec.Struct, frozen=True):
    """An answer of another shape: neither `data` nor `traceId` (seed)."""

    code: int
    msg: str
    success: bool


class TracedNotFound(msgspec.Struct, frozen=True):
    """The same answer in other countries (docs)."""

    code: int
    msg: str
    traceId: str
