"""What an order in neutral form says, by the names that LessPay gave it: written down here once more, apart from the
dialect's own way back, so that a field that both lose is missed.

It is also the form in which versions before 0.6 kept a payout: `details` and `memo`.
"""

from __future__ import annotations

from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import BankAccount, BankCodeKind, CryptoAddress, KeyKind, PixKey, Wallet
from outlay.core.party import DocumentKind
from outlay.core.payout import Order

_LESSPAY_KEYS = {KeyKind.ANY: "pix_key", KeyKind.HANDLE: "upi_handle"}
_LESSPAY_CODES = {
    BankCodeKind.IFSC: "ifsc_code",
    BankCodeKind.ABA: "aba_code",
    BankCodeKind.SORT_CODE: "sort_code",
    BankCodeKind.BSB: "bsb_code",
    BankCodeKind.CNAPS: "cnaps",
}


def lesspay_details(beneficiary: Beneficiary, *, of_batch: bool = False) -> dict[str, str]:
    """As `object.field`; of a PIX key the field that a single payout, or one of a batch, has for it."""
    party, place = beneficiary.party, beneficiary.destination
    said = {"first_name": party.first_name, "last_name": party.last_name, "date_of_birth": party.birth_date}
    said |= {"nationality": party.nationality, "email": party.email}
    for document in party.documents:
        said[{DocumentKind.TAX_ID: "tax_id", DocumentKind.NATIONAL_ID: "national_id"}[document.kind]] = document.number
    if party.phone is not None:
        said |= {"phone.calling_code": party.phone.calling_code, "phone.number": party.phone.number}
    if party.address is not None:
        for part in ("country", "state", "city", "postal_code", "line1", "line2"):
            said[f"address.{part}"] = getattr(party.address, part)
    key, provider = ("deposit_key_type", "provider") if of_batch else ("account_type", "ewallet_provider")
    match place:
        case BankAccount() if not of_batch:
            said |= _of_bank(place)
        case PixKey():
            said |= {f"e_wallet.{key}": _key_word(place.key_kind), f"e_wallet.{provider}": place.provider or "PIX"}
            said[f"e_wallet.{'deposit_key' if of_batch else 'account_number'}"] = place.key
        case Wallet():
            said |= {f"e_wallet.{key}": _key_word(place.key_kind), f"e_wallet.{provider}": place.provider}
            said |= {"e_wallet.account_number": place.number, "e_wallet.deposit_key": place.key}
        case CryptoAddress():
            said["crypto_wallet.network"] = place.network
        case _:
            pass
    return {name: text for name, text in said.items() if text}


def _of_bank(place: BankAccount) -> dict[str, str]:
    said = {
        "bank.account_number": place.number,
        "bank.iban": place.iban,
        "bank.country": place.country,
        "bank.purpose_code": place.purpose_code,
        "bank.account_type": place.account_kind.value if place.account_kind is not None else "",
    }
    if (bank := place.bank) is not None:
        said |= {"bank.bank_name": bank.name, "bank.bank_province": bank.province, "bank.bank_city": bank.city}
        said |= {"bank.branch_name": bank.branch_name, "bank_codes.branch_code": bank.branch_code}
        said |= {"bank_codes.bank_code": bank.code, "bank_codes.swift_code": bank.swift}
        said |= {f"bank_codes.{_LESSPAY_CODES[code.kind]}": code.value for code in bank.codes}
    return said


def _key_word(kind: KeyKind | None) -> str:
    return _LESSPAY_KEYS.get(kind, kind.value) if kind is not None else ""


def lesspay_memo(order: Order) -> dict[str, str]:
    remarks = order.remarks
    said = {
        "way_code": remarks.method,
        "way_type": remarks.method_group,
        "product_name": remarks.product_name,
        "description": remarks.description,
        "purpose": remarks.purpose,
        "transaction_network": remarks.network,
        "notify_url": order.notify_url or "",
    }
    return {name: text for name, text in said.items() if text}
