"""The shapes on UQPAY's wire, as documented: what we write as structs in the documented field order, what we read as
names and lengths. No logic.

The trap: three error envelopes exist side by side, and only the JSON type of `code` (or its absence) tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from outlay.wire.sizes import AMOUNT as AMOUNT_BYTES
from outlay.wire.sizes import Shape, text, word

PREFIXES: Final = ("/api/v1/", "/api/v2/")  # base URL ends in /api (seed: curl; vendor code)
TOKEN_PATH: Final = "/api/v1/connect/token"  # noqa: S105 -- a path, no password (docs)
CREATE_PATH: Final = "/api/v2/payment/payout/create"  # (docs)
RETRIEVE_PATH: Final = "/api/v2/payment/payout/{payout_id}"  # (seed)
LIST_PATH: Final = "/api/v2/payment/payout"  # (docs)
BALANCES_PATH: Final = "/api/v2/payment/balances"  # (docs)
BALANCE_PATH: Final = "/api/v2/payment/balances/{currency}"  # (docs)
BANK_ACCOUNT_CREATE_PATH: Final = "/api/v2/payment/bankaccount/create"  # (docs)
BANK_ACCOUNTS_PATH: Final = "/api/v2/payment/bankaccount"  # (vendor code)
BANK_ACCOUNT_PATH: Final = "/api/v2/payment/bankaccount/{id}"  # (vendor code)
TRANSFERS_PATH: Final = "/api/v1/transfer"  # (docs; vendor code)
TRANSFER_PATH: Final = "/api/v1/transfer/{id}"  # (vendor code)
ACCOUNTS_PATH: Final = "/api/v1/accounts"  # (docs: account-center)
ACCOUNT_PATH: Final = "/api/v1/accounts/{id}"  # (docs: account-center)

AUTH_TOKEN: Final = "x-auth-token"  # noqa: S105 -- a header name, no password (seed)
BEARER: Final = "Bearer "  # demanded (docs: sandbox pages), left out (seed: curl; docs: production): sent, not demanded
IDEMPOTENCY_KEY: Final = "x-idempotency-key"  # (seed)
ON_BEHALF_OF: Final = "x-on-behalf-of"  # (seed)
CLIENT_ID: Final = "x-client-id"  # (docs: token call; vendor code: payment calls)
API_KEY: Final = "x-api-key"  # (docs)

TOKEN_LIFE_S: Final = 1800  # 30 minutes (docs)
API_VERSION: Final = "V1.6.0"  # form (docs: webhooks), value (decision)
BUSINESS: Final = "ACQUIRING"  # (decision)
NO_PARENT: Final = "0"  # of a master (inference: the older sample's master_id)
IDEMPOTENCY_KEY_LONGEST: Final = 64  # (vendor code: Python 2.0.0 changelog and idempotency.py)

PAYOUT_ID_PREFIX: Final = "PO"  # (seed)

PAYOUT_CURRENCY: Final = "payout_currency"  # (docs)
PAYOUT_AMOUNT: Final = "payout_amount"  # (docs)
STATEMENT_DESCRIPTOR: Final = "statement_descriptor"  # (seed)
STATEMENT_DESCRIPTOR_LONGEST: Final = 15  # (seed)
INTERNAL_NOTE: Final = "internal_note"  # (seed)
INTERNAL_NOTE_LONGEST: Final = 255  # (docs)
PAYOUT_ACCOUNT_ID: Final = "payout_account_id"  # (docs, since 2026-04)
ACCOUNT_ID_LONGEST: Final = 64  # a UUID or a shorter id (docs); the bound is a (decision)
PAYOUT_STATUS: Final = "payout_status"  # (seed)

ACCOUNT_NUMBER: Final = "account_number"  # (docs)
ACCOUNT_NUMBER_SHORTEST: Final = 5  # (docs)
ACCOUNT_NUMBER_LONGEST: Final = 60  # (docs)
BANK_NAME: Final = "bank_name"  # (docs)
BANK_ADDRESS: Final = "bank_address"  # (docs)
SWIFT_CODE: Final = "swift_code"  # (docs)
BANK_COUNTRY_CODE: Final = "bank_country_code"  # (docs)
BANK_CODE_TYPE: Final = "bank_code_type"  # (docs)
BANK_CODE_VALUE: Final = "bank_code_value"  # (docs)
BANK_BRANCH_CODE: Final = "bank_branch_code"  # (docs)

SOURCE_ACCOUNT_ID: Final = "source_account_id"  # (docs)
TARGET_ACCOUNT_ID: Final = "target_account_id"  # (docs)
CURRENCY: Final = "currency"  # (docs)
AMOUNT: Final = "amount"  # (docs)
REASON: Final = "reason"  # (docs)
REASON_LONGEST: Final = 255  # (decision)
TRANSFER_STATUS: Final = "transfer_status"  # (vendor code)
CURRENCIES_PARTED_BY: Final = ","  # in the list of transfers (docs)

STATUS: Final = "status"  # of connected accounts (vendor code: Go)
BUSINESS_CODE: Final = "business_code"  # (vendor code)

PAGE_NUMBER: Final = "page_number"  # (docs)
PAGE_SIZE: Final = "page_size"  # (docs)
PAGE_NUMBER_DEFAULT: Final = 1  # docs: required; the Python client omits it (decision)
PAGE_NUMBER_LARGEST: Final = 999_999_999  # docs: at least 1; the upper bound is a (decision)
PAGE_SIZE_DEFAULT: Final = 10  # (decision)
PAGE_SIZE_LARGEST: Final = 100  # (docs)
START_TIME: Final = "start_time"  # (docs)
END_TIME: Final = "end_time"  # (docs)
QUERY_FIELDS: Final = (PAGE_NUMBER, PAGE_SIZE, START_TIME, END_TIME, PAYOUT_STATUS, TRANSFER_STATUS, CURRENCY)
ACCOUNTS_QUERY_FIELDS: Final = (PAGE_SIZE, PAGE_NUMBER, STATUS, BUSINESS_CODE)

_CURRENCY_CODE: Final = word(3)
_TEXT: Final = text(255)  # every text without a documented length (decision)
_BANK_ACCOUNT: Final = {
    ACCOUNT_NUMBER: text(ACCOUNT_NUMBER_LONGEST),
    BANK_NAME: _TEXT,
    BANK_ADDRESS: _TEXT,
    SWIFT_CODE: word(11),
    BANK_COUNTRY_CODE: word(2),
    CURRENCY: _CURRENCY_CODE,
    BANK_CODE_TYPE: word(12),
    BANK_CODE_VALUE: word(12),
    BANK_BRANCH_CODE: word(20),
}
SHAPES: Final[Mapping[str, Shape]] = {
    CREATE_PATH: {
        PAYOUT_CURRENCY: _CURRENCY_CODE,
        PAYOUT_AMOUNT: AMOUNT_BYTES,
        STATEMENT_DESCRIPTOR: text(STATEMENT_DESCRIPTOR_LONGEST),
        INTERNAL_NOTE: text(INTERNAL_NOTE_LONGEST),
        PAYOUT_ACCOUNT_ID: text(ACCOUNT_ID_LONGEST),
    },
    BANK_ACCOUNT_CREATE_PATH: _BANK_ACCOUNT,
    BANK_ACCOUNT_PATH: _BANK_ACCOUNT,
    TRANSFERS_PATH: {
        SOURCE_ACCOUNT_ID: text(ACCOUNT_ID_LONGEST),
        TARGET_ACCOUNT_ID: text(ACCOUNT_ID_LONGEST),
        CURRENCY: _CURRENCY_CODE,
        AMOUNT: AMOUNT_BYTES,
        REASON: text(REASON_LONGEST),
    },
}
"""The fields of each request that has a body, with the bytes of their longest values."""


class TokenObject(msgspec.Struct, frozen=True):
    """Answer of the token call (docs). `expired_at`: Unix seconds."""

    auth_token: str
    expired_at: int

    def __repr__(self) -> str:
        return f"TokenObject(auth_token=***, expired_at={self.expired_at})"


class PayoutObject(msgspec.Struct, frozen=True, kw_only=True):
    """The payout, in the seed's field order. Every field is always present and a string: `internal_note` and
    `completed_time` are "" when there is none (seed: completed_time; decision: internal_note)."""

    payout_id: str
    payout_currency: str
    payout_amount: str
    statement_descriptor: str
    payout_status: str
    create_time: str
    internal_note: str
    completed_time: str


class BalanceObject(msgspec.Struct, frozen=True, kw_only=True):
    """One currency's balance (docs). `balance_id` is a UUID; amounts are decimal strings in major units, never null."""

    balance_id: str
    currency: str
    available_balance: str
    payable_balance: str
    pending_balance: str
    reserved_balance: str
    margin_balance: str
    frozen_balance: str


class BalanceList(msgspec.Struct, frozen=True):
    """One page of balances (docs)."""

    total_pages: int
    total_items: int
    data: list[BalanceObject]


class PayoutList(msgspec.Struct, frozen=True):
    """One page of payouts (docs)."""

    total_pages: int
    total_items: int
    data: list[PayoutObject]


class BankAccountObject(msgspec.Struct, frozen=True, kw_only=True):
    """A bank account (docs). Every field is always present and a string; "" where there is none (decision)."""

    id: str
    account_name: str
    account_number: str
    bank_name: str
    bank_address: str
    swift_code: str
    bank_country_code: str
    currency: str
    bank_code_type: str
    bank_code_value: str
    bank_branch_code: str
    account_status: str


class BankAccountList(msgspec.Struct, frozen=True):
    """One page of bank accounts (docs)."""

    total_pages: int
    total_items: int
    data: list[BankAccountObject]


class TransferCreated(msgspec.Struct, frozen=True):
    """Answer to a new transfer (docs)."""

    transfer_id: str
    short_reference_id: str


class TransferObject(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer (vendor code)."""

    transfer_id: str
    short_reference_id: str
    reference_id: str
    source_account_name: str
    destination_account_name: str
    transfer_currency: str
    transfer_amount: str
    transfer_status: str
    create_time: str
    complete_time: str
    created_by: str
    transfer_reason: str


class TransferList(msgspec.Struct, frozen=True):
    """One page of transfers (vendor code)."""

    total_pages: int
    total_items: int
    data: list[TransferObject]


class ContactDetails(msgspec.Struct, frozen=True):
    """(docs) "" where unknown (decision)."""

    email: str
    phone: str


class ConnectedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account in a list (docs), without what Outlay does not keep: who owns it, addresses, papers."""

    account_id: str
    short_reference_id: str
    business_code: list[str]
    email: str
    account_name: str
    status: str
    verification_status: str
    country: str
    entity_type: str
    contact_details: ContactDetails


class AccountObject(ConnectedAccount, frozen=True, kw_only=True):
    """An account by itself (docs)."""

    review_reason: str


class AccountList(msgspec.Struct, frozen=True):
    """One page of connected accounts (docs)."""

    total_pages: int
    total_items: int
    data: list[ConnectedAccount]


class TypedError(msgspec.Struct, frozen=True):
    """Envelope A (docs): `code` is a word."""

    type: str
    code: str
    message: str


class NumberedError(msgspec.Struct, frozen=True):
    """Envelope B (docs): no type, `code` is a number."""

    code: int
    message: str


class GatewayError(msgspec.Struct, frozen=True):
    """The gateway form (docs): a text, nothing else."""

    error: str
