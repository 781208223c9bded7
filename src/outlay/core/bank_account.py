"""A merchant's own account at a bank: where a payout goes that names no beneficiary."""

from __future__ import annotations

import msgspec


class BankAccountDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What the merchant told of it. `code_type` says which national code `code_value` is (`aba`, `sort_code`, …)."""

    account_name: str
    account_number: str
    bank_name: str
    bank_address: str
    country: str
    swift_code: str
    code_type: str | None = None
    code_value: str | None = None
    branch_code: str | None = None


class OwnBankAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Its currency never changes; times are Unix milliseconds. Only a valid one is paid to."""

    bank_account_id: int
    currency: str
    is_valid: bool
    details: BankAccountDetails
    created_ms: int
    updated_ms: int
