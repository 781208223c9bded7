"""TeemoPay's wire shapes as its documents print them, and what differs from country to country: data, no logic.

The order of a Struct's fields is the order of the documented examples; a field of type `UnsetType` is left out of the
answer where it has no value. What the shapes mean is `translate`'s and `codes`' business.

The trap: absent and null are two things here. A payout without a refund has *no* refund fields, but it does have
`completeTime: null` (seed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from outlay.core.pix import PixKeyKind

# Paths (seed for the query; docs for the others).
PREFIX: Final = "/api/pay/"
CREATE_PATH: Final = "/api/pay/payout/create/v1"
QUERY_PATH: Final = "/api/pay/payout/query/v1"
BALANCE_PATH: Final = "/api/pay/merchant/balance"

# Request headers, lower case as a Request holds them (seed).
APP_CODE: Final = "app_code"
COUNTRY: Final = "country"
NONCE: Final = "nonce"
TIMESTAMP: Final = "timestamp"

SIGN: Final = "sign"
"""The body's member that holds the signature (seed)."""

APP_CODE_FORM: Final = re.compile(r"(?=.{1,32}\Z)A[0-9]+[A-Z]{2}[0-9]+", re.ASCII)
"""At most 32 characters (docs); `A2404010004MX001` is the documented example."""
NONCE_FORM: Final = re.compile(r"[\x21-\x7e]{32}")
"""Exactly 32 (docs) visible ASCII characters (decision)."""
TIMESTAMP_FORM: Final = re.compile(r"[0-9]{13}", re.ASCII)
"""Unix milliseconds (docs)."""
TIMESTAMP_TOLERANCE_MS: Final = 30_000  # (docs) rule 2
NONCE_LIFETIME_MS: Final = 24 * 3_600_000  # (docs)

MERCHANT_ORDER_NO_FORM: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
"""The alphabet is a decision, the length below is not."""
CALLBACK_URL_FORM: Final = re.compile(r"https?://[\x21-\x7e]+", re.ASCII)
"""The documents say only "url" (decision). Whether it may be called is asked when it is called."""

# Lengths (docs, create page; the first one also seed).
MERCHANT_ORDER_NO_LENGTH: Final = 32
AMOUNT_LENGTH: Final = 20
BANK_LENGTH: Final = 50
BANK_ACCOUNT_LENGTH: Final = 255  # the Chinese page says 50, the English one 255 (decision)
REAL_NAME_LENGTH: Final = 255
ID_CARD_NUMBER_LENGTH: Final = 50
ID_TYPE_LENGTH: Final = 32
CALLBACK_URL_LENGTH: Final = 200


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """What one country's pages say. `account_types` and `id_types` name the kind of key or document behind each
    documented value; an account type stands as the literal of a JSON integer."""

    code: str
    currency: str
    utc_offset_s: int
    """Fixed for the whole year, whatever the law says of summer: never a time-zone database (docs)."""
    smallest_minor: int
    largest_minor: int
    account_types: Mapping[str, PixKeyKind]
    id_types: Mapping[str, PixKeyKind]


COUNTRIES: Final[Mapping[str, Country]] = {
    "BR": Country(
        code="BR",
        currency="BRL",
        utc_offset_s=-3 * 3600,
        smallest_minor=1,  # 0.01 and 99999999.99 (decision)
        largest_minor=99_999_999_99,
        account_types={
            "401": PixKeyKind.CPF,
            "402": PixKeyKind.CNPJ,
            "403": PixKeyKind.PHONE,
            "404": PixKeyKind.EMAIL,
            "405": PixKeyKind.EVP,
        },
        id_types={"CPF": PixKeyKind.CPF, "CNPJ": PixKeyKind.CNPJ},
    ),
}
"""By the two letters of the `country` header. A further country is a further row."""


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
    """Answer to query (seed). The last three are there only with a refund."""

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
    cepUrl: UnsetType | None = UNSET
    totalRefundAmount: str | UnsetType = UNSET
    refundDetails: list[RefundDetail] | UnsetType = UNSET


class BalanceData(msgspec.Struct, frozen=True):
    """Answer to balance (docs)."""

    totalAmount: str
    frozenAmount: str
    availAmount: str


Data = CreateData | QueryData | BalanceData


class Envelope(msgspec.Struct, frozen=True):
    """Every answer but one: `data` is null in an error (seed, docs)."""

    code: int
    data: Data | None
    msg: str
    traceId: str


class OrderNotFound(msgspec.Struct, frozen=True):
    """The one answer of another shape: neither `data` nor `traceId` (seed)."""

    code: int
    msg: str
    success: bool
