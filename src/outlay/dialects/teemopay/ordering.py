"""The way back: an order in neutral form as the fields of a country's create request.

Nothing here orders through TeemoPay yet. It is kept beside the reading so that neither can lose what the other knows:
whatever is read, written and read again is the same order.
"""

from __future__ import annotations

from typing import Any

from outlay.core.beneficiary import Beneficiary
from outlay.core.currencies import EXPONENTS
from outlay.core.destination import BankAccount, CryptoAddress, Wallet
from outlay.core.money import format_amount
from outlay.core.payout import Order
from outlay.dialects.teemopay.neutral import (
    BANK_CODE,
    BANK_NAME,
    DOCUMENTS,
    EMAIL,
    IBAN,
    ID_NUMBER,
    ID_TYPE,
    INTERBANK_NUMBER,
    NAME,
    PHONE,
)
from outlay.dialects.teemopay.rules import Country

Fields = dict[str, Any]


def write_order(order: Order, country: Country) -> Fields:
    """The fields of create but app_code and sign, and of those only the ones that this country knows. The account type
    is the order's method, an integer as the documents write it."""
    literal = order.remarks.method
    kind = country.account_types.get(literal)
    money = kind.money if kind is not None and kind.money is not None else country.money
    units = order.amount_minor // 10 ** (EXPONENTS[order.currency] - money.decimals)
    fields: Fields = {"merchantOrderNo": order.reference, "amount": format_amount(units, money.decimals)}
    if literal:
        fields["accountType"] = int(literal)
    if order.notify_url is not None:
        fields["callbackUrl"] = order.notify_url
    texts = _texts(order.beneficiary, country)
    return fields | {field.name: texts[field.name] for field in country.fields if texts.get(field.name)}


def _texts(beneficiary: Beneficiary, country: Country) -> dict[str, str]:
    """By every name that any country has."""
    party, place = beneficiary.party, beneficiary.destination
    texts = {
        country.account_field: place.account_number,
        NAME: beneficiary.name,
        EMAIL: party.email,
        PHONE: party.phone.number if party.phone is not None else "",
        BANK_CODE: beneficiary.bank_code or "",
        BANK_NAME: beneficiary.bank_name or "",
    }
    if isinstance(place, BankAccount | Wallet):
        texts |= {IBAN: place.iban, INTERBANK_NUMBER: place.interbank_number}
    if isinstance(place, CryptoAddress) and country.chain_field:
        texts[country.chain_field] = place.network
    for document in party.documents:
        texts[ID_NUMBER] = document.number
        texts[ID_TYPE] = next((word for word in country.id_types if DOCUMENTS[word] is document.kind), "")
    return texts
