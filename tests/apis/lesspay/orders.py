"""LessPay's bodies as its documents have them: every field of a single payout and of a batch, for each destination.

The trap: a single payout and a batch name the same things differently. Nothing of one is used for the other here.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.apis.software import CPF, EVP, new_reference

Fields = dict[str, Any]

CNPJ = "11222333000181"
IBAN = "GB82WEST12345698765432"
# The checksum of this one is right; capitals of the other two follow EIP-55.
TRON_ADDRESS = "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"
HEX_ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"
NOTIFY_URL = "https://merchant.example/lesspay/notify"

EVERYTHING_ABOUT_A_PERSON: Fields = {
    "name": "Liza Santos",
    "first_name": "Liza",
    "last_name": "Santos",
    "email": "liza@example.org",
    "phone": {"calling_code": "63", "number": "9170000002"},
    "address": {
        "country": "PH",
        "state": "Cebu",
        "city": "Cebu City",
        "postal_code": "6000",
        "line1": "12 Mabini St.",
        "line2": "Unit 3",
    },
    "tax_id": "123-456-789",
    "nationality": "PH",
    "national_id": "PSN-1",
    "date_of_birth": "1991-03-07",
}
EVERYTHING_ABOUT_A_BANK: Fields = {
    "account_type": "savings",
    "country": "PH",
    "bank_province": "Cebu",
    "bank_city": "Cebu City",
    "bank_name": "BDO Unibank",
    "account_number": "1234567890123",
    "iban": IBAN,
    "bank_codes": {
        "swift_code": "BNORPHMM",
        "ifsc_code": "SBIN0000001",
        "aba_code": "021000021",
        "sort_code": "101010",
        "branch_code": "001",
        "bsb_code": "062000",
        "bank_code": "BDO",
        "cnaps": "102100099996",
    },
    "purpose_code": "P1",
    "branch_name": "Main",
}


# -- a single payout ------------------------------------------------------------------------------------------------


def order(amount: str, destination: Fields, *, currency: str = "PHP", **fields: Any) -> Fields:
    """With every field that an order itself can have; `holder` and `info` are of the beneficiary."""
    holder = fields.pop("holder", "individual")
    info = fields.pop("info", EVERYTHING_ABOUT_A_PERSON)
    return {
        "request_id": new_reference("L"),
        "amount": amount,
        "currency": currency,
        "way_code": "EPAY_PAYOUT",
        "way_type": "BANK_TRANSFER",
        "product_name": "salary",
        "description": "January",
        "purpose": "PYR001",
        "expired_time": 86400,
        "notify_url": NOTIFY_URL,
        "beneficiary": {"beneficiary_type": holder, "beneficiary_info": info, "destination": destination},
    } | fields


def to_bank(kind: str = "bank", **changes: Any) -> Fields:
    return {"type": kind, "bank": EVERYTHING_ABOUT_A_BANK | changes}


def to_pix_key(kind: str = "cpf", key: str = CPF) -> Fields:
    wallet = {"ewallet_provider": "PIX", "account_type": kind, "account_number": key, "deposit_key": key}
    return {"type": "ewallet", "e_wallet": wallet}


def to_wallet(provider: str = "GCash", number: str = "09170000002") -> Fields:
    return {"type": "ewallet", "e_wallet": {"ewallet_provider": provider, "account_number": number}}


def to_crypto(network: str, address: str) -> Fields:
    return {"type": "crypto_wallet", "crypto_wallet": {"wallet_address": address, "network": network}}


# -- a batch --------------------------------------------------------------------------------------------------------


def batch(details: Sequence[Fields], **fields: Any) -> Fields:
    """With the right total; every field that a batch itself can have, but one that is only for crypto wallets."""
    return {
        "request_id": new_reference("B"),
        "currency": "PHP",
        "total_amount": str(sum(Decimal(detail["amount"]) for detail in details)),
        "way_code": "TAZAPAY_PAYOUT",
        "way_type": "BANK_TRANSFER",
        "destination_type": "bank",
        "notify_url": NOTIFY_URL,
        "product_name": "salaries",
        "description": "January",
        "expired_time": 86400,
        "payout_order_details": list(details),
    } | fields


def bank_detail(amount: str, reference: str | None = None, **changes: Any) -> Fields:
    return {
        "mch_order_id": reference or new_reference("S"),
        "amount": amount,
        "bank_account_no": "001234567890",
        "bank_account_name": "Juan dela Cruz",
        "bank_account_type": "individual",
        "bank_name": "BDO Unibank",
        "bank_country_code": "PH",
        "bank_swift_code": "BNORPHMM",
    } | changes


def wallet_detail(amount: str, *, key_type: str | None = None, key: str | None = None, **changes: Any) -> Fields:
    """A wallet by its number, or by a deposit key."""
    wallet = {"account_name": "Ana Reyes", "account_type": "individual", "provider": "GCash"}
    wallet |= {"deposit_key_type": key_type, "deposit_key": key} if key_type else {"account_number": "09170000002"}
    return {"mch_order_id": new_reference("S"), "amount": amount, "e_wallet": wallet | changes}


def crypto_detail(amount: str, address: str) -> Fields:
    return {"mch_order_id": new_reference("S"), "amount": amount, "bank_account_no": address}


PIX_KEYS = {"cpf": CPF, "cnpj": CNPJ, "email": "liza@example.org", "phone": "+5511987654321", "random": EVP}
