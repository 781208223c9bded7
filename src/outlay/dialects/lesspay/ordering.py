"""The way back: an order in neutral form as the fields of LessPay's create requests, single and batch.

Nothing here orders through LessPay yet. It is kept beside the reading so that neither can lose what the other knows:
whatever is read, written and read again is the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from outlay.core.beneficiary import Beneficiary
from outlay.core.currencies import EXPONENTS
from outlay.core.destination import (
    AccountHere,
    BankAccount,
    Card,
    CryptoAddress,
    KeyKind,
    OwnAccount,
    PixKey,
    Wallet,
)
from outlay.core.money import format_amount
from outlay.core.payout import Order
from outlay.dialects.lesspay import schema
from outlay.dialects.lesspay.neutral import (
    ADDRESS,
    BANK,
    BANK_ACCOUNT,
    BANK_CODES,
    DOCUMENTS,
    KEY_KINDS,
    PARTY,
    PHONE,
    REMARKS,
    WALLET,
    Names,
)

Fields = dict[str, Any]
_KEY_WORDS: Final = {kind: word for word, kind in KEY_KINDS.items()}


def write_order(order: Order, now_ms: int) -> Fields | None:
    """The fields of 4.1; None where this API has no such destination."""
    party = order.beneficiary.party
    destination = _destination(order.beneficiary)
    if destination is None:
        return None
    whole = {"name": party.name} if party.name else {}
    return {
        "request_id": order.reference,
        "amount": format_amount(order.amount_minor, EXPONENTS[order.currency]),
        **_terms(order, now_ms),
        "beneficiary": {
            "beneficiary_type": order.beneficiary.holder,
            "beneficiary_info": whole | _nested(_party(order.beneficiary)),
            "destination": destination,
        },
    }


def write_batch(reference: str, orders: Sequence[Order], now_ms: int) -> Fields | None:
    """The fields of 4.2; None where one of the destinations cannot be said. What belongs to the whole order is taken
    from the first, as all of them have it."""
    details = [_detail(order) for order in orders]
    if not details or None in details:
        return None
    currency = orders[0].currency
    return {
        "request_id": reference,
        "total_amount": format_amount(sum(order.amount_minor for order in orders), EXPONENTS[currency]),
        **_terms(orders[0], now_ms),
        "payout_order_details": details,
    }


def _terms(order: Order, now_ms: int) -> Fields:
    fields: Fields = {"currency": order.currency, **_named(REMARKS, order.remarks)}
    if order.notify_url is not None:
        fields["notify_url"] = order.notify_url
    if order.expires_ms is not None:
        fields["expired_time"] = (order.expires_ms - now_ms) // 1000
    return fields


# -- a single payout --------------------------------------------------------------------------------------------------


def _party(beneficiary: Beneficiary) -> Mapping[str, str]:
    party = beneficiary.party
    fields = _named(PARTY, party)
    fields |= {name: held.number for held in party.documents for name, kind in DOCUMENTS.items() if held.kind is kind}
    return fields | _named(PHONE, party.phone) | _named(ADDRESS, party.address)


def _destination(beneficiary: Beneficiary) -> Fields | None:
    place = beneficiary.destination
    match place:
        case BankAccount():
            fields = _named(BANK_ACCOUNT, place) | _named(BANK, place.bank)
            if place.account_kind is not None:
                fields["bank.account_type"] = place.account_kind.value
            for code in place.bank.codes if place.bank is not None else ():
                fields |= {name: code.value for name, kind in BANK_CODES.items() if code.kind is kind}
            nested = _nested(fields)
            codes = nested.pop("bank_codes", None)
            return {"type": "bank", "bank": nested["bank"] | ({"bank_codes": codes} if codes else {})}
        case PixKey():
            wallet = {"ewallet_provider": place.provider or schema.PIX_PROVIDER, "account_number": place.key}
            return {"type": "ewallet", "e_wallet": wallet | _key_word("account_type", place.key_kind)}
        case Wallet():
            wallet = {"ewallet_provider": place.provider, **_nested(_named(WALLET, place))["e_wallet"]}
            return {"type": "ewallet", "e_wallet": wallet | _key_word("account_type", place.key_kind)}
        case CryptoAddress():
            wallet = {"wallet_address": place.address, "network": place.network}
            return {"type": "crypto_wallet", "crypto_wallet": wallet}
        case Card() | OwnAccount() | AccountHere():
            return None


# -- one of a batch ---------------------------------------------------------------------------------------------------


def _detail(order: Order) -> Fields | None:
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
            wallet |= _key_word("deposit_key_type", place.key_kind)
            return said | {"destination_type": "ewallet", "e_wallet": person | wallet}
        case Wallet():
            wallet = {"provider": place.provider, **_nested(_named(WALLET, place))["e_wallet"]}
            wallet |= _key_word("deposit_key_type", place.key_kind)
            return said | {"destination_type": "ewallet", "e_wallet": person | wallet}
        case Card() | OwnAccount() | AccountHere():
            return None


# -- names ------------------------------------------------------------------------------------------------------------


def _key_word(field: str, kind: KeyKind | None) -> dict[str, str]:
    return {field: _KEY_WORDS[kind]} if kind is not None else {}


def _named(names: Names, held: object) -> dict[str, str]:
    """What `held` says, by the fields' names here; nothing of None."""
    return {field: text for field, neutral in names.items() if (text := getattr(held, neutral, ""))}


def _nested(fields: Mapping[str, str]) -> Fields:
    """`address.city` as the member `city` of the member `address`."""
    nested: Fields = {}
    for field, text in fields.items():
        outer, _, inner = field.rpartition(".")
        (nested.setdefault(outer, {}) if outer else nested)[inner] = text
    return nested
