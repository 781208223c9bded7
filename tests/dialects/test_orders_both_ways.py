"""Every order that an API can bring goes to its neutral form and back, and nothing is lost on either way.

What is not written as it was read stands in `normal_payout`, `normal_batch` and `normal_order`: the documented
exceptions, and no others.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import given

from outlay.core.beneficiary import OWN_ACCOUNT, Beneficiary
from outlay.core.destination import AccountHere, Card
from outlay.core.payout import Order
from outlay.dialects.lesspay.values.batches import write_batch
from outlay.dialects.lesspay.values.orders import write_order as write_payout
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.values import orders as teemopay
from outlay.dialects.teemopay.values.beneficiaries import DOCUMENTS
from outlay.dialects.teemopay.values.orders import read_order
from outlay.dialects.uqpay.values import orders as uqpay
from outlay.kit.jsontext import parse_object
from tests.apis.lesspay.batches import orders_of
from tests.apis.lesspay.bodies import order_of
from tests.apis.lesspay.desk import NOW_MS
from tests.apis.lesspay.valid_bodies import lesspay_batches, lesspay_payouts
from tests.apis.strategies import Body
from tests.apis.teemopay.valid_bodies import teemopay_orders
from tests.apis.uqpay.desk import KEY
from tests.apis.uqpay.valid_bodies import uqpay_orders

_encode = msgspec.json.Encoder(order="sorted").encode


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every member by its path, at every depth."""
    match value:
        case dict():
            for name, member in value.items():
                yield from flat(member, f"{path}.{name}")
        case list():
            for place, item in enumerate(value):
                yield from flat(item, f"{path}[{place}]")
        case _:
            yield path, value


def is_the_same_when_it_is_read_back(order: Order) -> bool:
    """Byte for byte, so that what is made from its text (a digest) stays the same."""
    for held in (order.beneficiary, order.remarks):
        text = _encode(held)
        read = msgspec.json.decode(text, type=type(held))
        if read != held or _encode(read) != text:
            return False
    return True


# -- LessPay ----------------------------------------------------------------------------------------------------------


def normal_payout(body: Body) -> Body:
    """ "bank_account" is "bank"; a day is YYYY-MM-DD; a name that is only its parts, and the second field and other
    spelling of a PIX key's wallet, are not kept."""
    normal = copy.deepcopy(body)
    info, destination = normal["beneficiary"]["beneficiary_info"], normal["beneficiary"]["destination"]
    if destination["type"] == "bank_account":
        destination["type"] = "bank"
    if "date_of_birth" in info and info["date_of_birth"][2] == "-":
        info["date_of_birth"] = "-".join(reversed(info["date_of_birth"].split("-")))
    if info.get("name") == f"{info.get('first_name')} {info.get('last_name')}":
        del info["name"]
    wallet = destination.get("e_wallet", {})
    if wallet.get("ewallet_provider", "").upper() == "PIX":
        wallet["ewallet_provider"] = "PIX"
        wallet["account_number"] = wallet.get("account_number") or wallet["deposit_key"]
        wallet.pop("deposit_key", None)
    return normal


@given(body=lesspay_payouts)
def test_a_lesspay_payout_is_the_same_there_and_back(body: Body) -> None:
    order = order_of(body)
    written = write_payout(order, NOW_MS)
    assert written is not None
    assert dict(flat(written)) == dict(flat(normal_payout(body)))
    assert order_of(written) == order
    assert is_the_same_when_it_is_read_back(order)


def normal_batch(body: Body) -> Body:
    """A PIX key stands in deposit_key, its provider in capitals."""
    normal = copy.deepcopy(body)
    for detail in normal["payout_order_details"]:
        wallet = detail.get("e_wallet", {})
        is_pix = wallet.get("provider", "").upper() == "PIX"
        if is_pix:
            wallet["provider"] = "PIX"
        if is_pix or wallet.get("deposit_key_type") == "pix_key":
            wallet["deposit_key"] = wallet.pop("account_number", None) or wallet["deposit_key"]
    return normal


@given(body=lesspay_batches)
def test_a_lesspay_batch_is_the_same_there_and_back(body: Body) -> None:
    orders = orders_of(body)
    written = write_batch(body["request_id"], orders, NOW_MS)
    assert written is not None
    assert dict(flat(written)) == dict(flat(normal_batch(body)))
    assert orders_of(written) == orders
    assert all(map(is_the_same_when_it_is_read_back, orders))


def test_what_lesspay_has_no_destination_for_is_not_written() -> None:
    for place in (Card(number="4111111111111111"), AccountHere(account_id="a"), OWN_ACCOUNT.destination):
        order = Order(reference="R", currency="BRL", amount_minor=1, beneficiary=Beneficiary(destination=place))
        assert write_payout(order, NOW_MS) is None
        assert write_batch("R", [order], NOW_MS) is None


# -- TeemoPay ---------------------------------------------------------------------------------------------------------


def read_in(country: str, body: Body) -> Order:
    tree = parse_object(json.dumps(body).encode())
    order = read_order(body["merchantOrderNo"], tree, COUNTRIES[country], None, strict=False)
    assert isinstance(order, Order), order
    return order


def normal_order(country: str, body: Body) -> Body:
    """An account type is a number, an amount has the decimals of its currency's wire, and an e-mail or random key of
    Brazil's is in small letters."""
    normal = dict(body)
    if "accountType" in body:
        normal["accountType"] = int(body["accountType"])
    if country == "BR" and normal["accountType"] in (404, 405):
        normal["bankAccount"] = body["bankAccount"].lower()
    return normal | {"amount": float(body["amount"])}


@given(asked=teemopay_orders)
def test_a_teemopay_order_of_any_country_is_the_same_there_and_back(asked: tuple[str, Body]) -> None:
    country, body = asked
    order = read_in(country, body)
    written = teemopay.write_order(order, COUNTRIES[country])
    assert written | {"amount": float(written["amount"])} == normal_order(country, body)
    assert read_in(country, written) == order
    assert is_the_same_when_it_is_read_back(order)


def test_no_country_has_two_words_for_one_document() -> None:
    for country in COUNTRIES.values():
        assert len({DOCUMENTS[word] for word in country.id_types}) == len(country.id_types), country.code


# -- UQPAY ------------------------------------------------------------------------------------------------------------


@given(body=uqpay_orders)
def test_a_uqpay_order_is_the_same_there_and_back(body: Body) -> None:
    order = uqpay.read_order(KEY, parse_object(json.dumps(body).encode()))
    assert isinstance(order, Order), order
    written = uqpay.write_order(order)
    assert written == body
    assert uqpay.read_order(KEY, parse_object(json.dumps(written).encode())) == order


def test_what_uqpay_has_no_destination_for_is_not_written() -> None:
    to_a_card = Beneficiary(destination=Card(number="4111111111111111"))
    assert uqpay.write_order(Order(reference="R", currency="SGD", amount_minor=1, beneficiary=to_a_card)) is None
