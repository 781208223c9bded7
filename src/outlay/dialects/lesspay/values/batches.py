"""The payouts of a batch (`batch/create-order`), read and written: one request, one reference, 1 to 1,000 details.

A batch is taken or refused whole. Of its faulty details the first in document order speaks for all, and of its faults
and those of the order itself the numerically lowest code is the answer (decision). How an order is shown stands in
`orders`.

The trap: the wallet object of a batch is not that of a single payout: `provider` instead of `ewallet_provider`, and an
`account_type` that means the person, while the kind of a PIX key stands in `deposit_key_type` (vendor code).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from outlay.core.beneficiary import Beneficiary
from outlay.core.countries import COUNTRIES
from outlay.core.currencies import EXPONENTS
from outlay.core.destination import (
    AccountHere,
    Bank,
    BankAccount,
    Card,
    CryptoAddress,
    OwnAccount,
    PixKey,
    Wallet,
)
from outlay.core.money import format_amount
from outlay.core.payout import Order
from outlay.core.pix import PixKeyKind
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.values.beneficiaries import (
    WALLET,
    check_key_twice,
    key_word,
    party_of,
    pix_key_of,
    wallet_of,
)
from outlay.dialects.lesspay.values.fields import (
    Fields,
    OrderTerms,
    check_transaction_type,
    nested,
    read_amount,
    read_currency,
    read_terms,
    take_texts,
    texts_of,
    write_terms,
)
from outlay.dialects.lesspay.values.numbers import is_pix_key, is_valid_wallet_address
from outlay.kit.jsontext import Json, JsonObject
from outlay.wire.fields import Content, FieldFault, FieldReader
from outlay.wire.problems import Fault

_DETAILS: Final = "payout_order_details"
_PIX_KINDS: Final = {
    "random": (PixKeyKind.EVP,),  # LessPay's word for an EVP (vendor code)
    "phone": (PixKeyKind.PHONE,),
    "pix_key": tuple(PixKeyKind),  # any; no text is a key of two kinds
}


def read_batch(fields: JsonObject, now_ms: int, *, strict: bool) -> tuple[Order, ...] | Fault:
    """The fields of 4.2 but for `request_id`; `strict`: whether numbers are held to what no document states."""
    reader = FieldReader(fields)
    orders = _read_orders(reader, now_ms, strict)
    return codes.field_fault(reader.faults) if reader.faults else tuple(orders)


def write_batch(reference: str, orders: Sequence[Order], now_ms: int) -> Fields | None:
    """The fields of 4.2; None where one of the destinations cannot be said. What belongs to the whole order is taken
    from the first, as all of them have it."""
    details = [_write_detail(order) for order in orders]
    if not details or None in details:
        return None
    currency = orders[0].currency
    return {
        "request_id": reference,
        "total_amount": format_amount(sum(order.amount_minor for order in orders), EXPONENTS[currency]),
        **write_terms(orders[0], now_ms),
        "payout_order_details": details,
    }


# -- the whole order --------------------------------------------------------------------------------------------------


class _Whole(msgspec.Struct, frozen=True):
    """What the order says for all of its details."""

    currency: str
    terms: OrderTerms
    destination_type: str
    network: str
    strict: bool
    """Whether numbers are held to what no document states."""


def _read_orders(reader: FieldReader, now_ms: int, strict: bool) -> list[Order]:
    currency = read_currency(reader)
    total_minor = read_amount(reader, "total_amount", currency)
    terms = read_terms(reader, schema.BATCH_MEMO_FIELDS, now_ms)
    kind = reader.text("destination_type", required=False, choices=schema.BATCH_DESTINATION_TYPES)
    whole = _Whole(currency, terms, kind or schema.BATCH_DESTINATION_DEFAULT, terms.remarks.network, strict)
    check_transaction_type(reader)
    orders: list[Order] = []
    taken: set[str] = set()
    first_faults: list[FieldFault] = []
    items = _items(reader)
    for place, item in enumerate(items):
        faults: list[FieldFault] = []
        order = _read_detail(item, place, faults, whole)
        if order is not None:
            if order.reference in taken:
                faults.append(FieldFault(f"{_DETAILS}[{place}].mch_order_id", schema.UNIQUE_RULE))
            taken.add(order.reference)
            orders.append(order)
        first_faults = first_faults or faults
    reader.faults.extend(first_faults)
    amounts = [order.amount_minor for order in orders]
    # One amount that could not be read leaves the sum open, and has a fault of its own.
    is_whole = bool(items) and len(amounts) == len(items) and all(amounts)
    if total_minor and is_whole and sum(amounts) != total_minor:
        reader.fault("total_amount", schema.TOTAL_RULE)
    return orders


def _items(reader: FieldReader) -> list[Json]:
    """The details; none where there are too many, so that nobody can make us read a million."""
    found = reader.raw(_DETAILS)
    if not reader.has(_DETAILS):
        reader.fault(_DETAILS, "is required", missing=True)
    elif not isinstance(found, list):
        reader.fault(_DETAILS, "must be an array")
    elif not 1 <= len(found) <= schema.DETAILS_MOST:
        reader.fault(_DETAILS, f"must have 1 to {schema.DETAILS_MOST} items")
    else:
        return found
    return []


# -- a detail ---------------------------------------------------------------------------------------------------------


def _read_detail(item: Json, place: int, faults: list[FieldFault], whole: _Whole) -> Order | None:
    """One payout, of which whatever is wrong stands in `faults`; None where there is not even an object."""
    if not isinstance(item, dict):
        faults.append(FieldFault(f"{_DETAILS}[{place}]", "must be an object"))
        return None
    detail = FieldReader(item, f"{_DETAILS}[{place}].", faults)
    reference = detail.text("mch_order_id", longest=schema.DETAIL_REFERENCE_LONGEST)
    amount_minor = read_amount(detail, "amount", whole.currency)
    # The docs have it here, the demo above: here it goes before (decision).
    own = detail.text("destination_type", required=False, choices=schema.BATCH_DESTINATION_TYPES)
    beneficiary = _read_beneficiary(detail, own or whole.destination_type, whole)
    return Order(
        reference=reference,
        currency=whole.currency,
        amount_minor=amount_minor,
        beneficiary=beneficiary,
        remarks=whole.terms.remarks,
        notify_url=whole.terms.notify_url,
        channel=whole.terms.channel,
        expires_ms=whole.terms.expires_ms,
    )


def _write_detail(order: Order) -> Fields | None:
    beneficiary, place = order.beneficiary, order.beneficiary.destination
    said = {
        "mch_order_id": order.reference,
        "amount": format_amount(order.amount_minor, EXPONENTS[order.currency]),
        **({"bank_country_code": place.country} if place.country else {}),
    }
    person = {"account_name": beneficiary.name, "account_type": beneficiary.holder}
    match place:
        case BankAccount() | CryptoAddress():
            said |= {
                "destination_type": "bank" if isinstance(place, BankAccount) else "crypto_wallet",
                "bank_account_no": place.account_number,
                **{f"bank_{name}": text for name, text in person.items() if text},
                **({"bank_name": beneficiary.bank_name} if beneficiary.bank_name else {}),
                **({"bank_swift_code": beneficiary.swift_code} if beneficiary.swift_code else {}),
            }
            return said
        case PixKey():
            wallet = {"provider": place.provider or schema.PIX_PROVIDER, "deposit_key": place.key}
            wallet |= key_word("deposit_key_type", place.key_kind)
            return said | {"destination_type": "ewallet", "e_wallet": person | wallet}
        case Wallet():
            wallet = {"provider": place.provider, **nested(texts_of(WALLET, place))["e_wallet"]}
            wallet |= key_word("deposit_key_type", place.key_kind)
            return said | {"destination_type": "ewallet", "e_wallet": person | wallet}
        case Card() | OwnAccount() | AccountHere():
            return None


def _read_beneficiary(detail: FieldReader, kind: str, whole: _Whole) -> Beneficiary:
    to_bank = kind == "bank"
    number = detail.text(
        "bank_account_no",
        required=to_bank or kind == "crypto_wallet",
        longest=schema.ACCOUNT_LONGEST,
        content=Content.NUMBER,
    )
    name = detail.text("bank_account_name", required=to_bank)
    holder = detail.text("bank_account_type", required=to_bank, choices=schema.HOLDERS)
    bank_name = detail.text("bank_name", required=to_bank)
    country = detail.text("bank_country_code", required=to_bank, choices=COUNTRIES, rule=schema.COUNTRY_RULE)
    swift = detail.text(
        "bank_swift_code",
        required=False,
        pattern=schema.SWIFT_FORM,
        rule=schema.SWIFT_RULE,
        content=Content.NUMBER,
    )
    if to_bank:
        account = BankAccount(number=number, country=country, bank=Bank(name=bank_name, swift=swift))
        return Beneficiary(destination=account, party=party_of(holder, name, {}))
    if kind == "ewallet":
        return _read_e_wallet(detail.object("e_wallet"), country, whole.strict)
    _check_crypto(detail, number, whole)
    return Beneficiary(
        destination=CryptoAddress(address=number, network=whole.network, country=country),
        party=party_of(holder, name, {}),
    )


def _check_crypto(detail: FieldReader, address: str, whole: _Whole) -> None:
    """The address stands in bank_account_no, the network in the order's transaction_network: no other fields could
    hold them (inference)."""
    if whole.network not in schema.NETWORKS:
        rule = f"must be one of {', '.join(schema.NETWORKS)} for a crypto_wallet"
        detail.faults.append(FieldFault("transaction_network", rule))
    elif whole.strict and address and not is_valid_wallet_address(whole.network, address):
        detail.fault("bank_account_no", "must be an address of the network in transaction_network")


def _read_e_wallet(wallet: FieldReader, country: str, strict: bool) -> Beneficiary:
    details: dict[str, str] = {}
    name = wallet.text("account_name")
    holder = wallet.text("account_type", choices=schema.HOLDERS)
    provider = wallet.text("provider")
    take_texts(wallet, schema.BATCH_E_WALLET_FIELDS, "e_wallet.", details)
    if not wallet.has("account_number") and not wallet.has("deposit_key"):
        wallet.fault("account_number", "or deposit_key is required", missing=True)
    deposit_key = details.get("e_wallet.deposit_key")
    key_type = details.get("e_wallet.deposit_key_type")
    is_pix = provider.upper() == schema.PIX_PROVIDER or key_type == "pix_key"
    number = details.get("e_wallet.account_number") or deposit_key or ""
    if is_pix:
        _check_pix_key(wallet, number, key_type, details, strict)
    elif deposit_key is not None and key_type is not None:
        _check_deposit_key(wallet, key_type, deposit_key)
    return Beneficiary(
        destination=pix_key_of(number, provider, key_type, country)
        if is_pix
        else wallet_of(provider, key_type, details, country),
        party=party_of(holder, name, {}),
    )


def _check_pix_key(wallet: FieldReader, key: str, key_type: str | None, details: dict[str, str], strict: bool) -> None:
    """The key, of the kind that deposit_key_type names; in deposit_key, or as in a single payout in account_number."""
    if key_type is None:
        if not wallet.has("deposit_key_type"):
            wallet.fault("deposit_key_type", "is required for PIX", missing=True)
    elif key_type not in _PIX_KINDS:
        wallet.fault("deposit_key_type", f"must be one of {', '.join(_PIX_KINDS)} for PIX")
    elif key and not is_pix_key(_PIX_KINDS[key_type], key, strict=strict):
        named = "account_number" if "e_wallet.account_number" in details else "deposit_key"
        wallet.fault(named, "must be a PIX key of the kind in deposit_key_type")
    check_key_twice(wallet, key, details.get("e_wallet.deposit_key"))


def _check_deposit_key(wallet: FieldReader, key_type: str, key: str) -> None:
    """Keys of other systems: a UPI handle is name@bank, a phone number is digits; of a random one nothing is known."""
    if key_type == "upi_handle" and not schema.UPI_FORM.fullmatch(key):
        wallet.fault("deposit_key", "must be a UPI handle, name@bank")
    elif key_type == "phone" and not schema.WALLET_PHONE_FORM.fullmatch(key):
        wallet.fault("deposit_key", "must be 6 to 20 digits, with or without + before them")
