"""An order of teemopay in neutral form, and what goes with it. That it comes back as it was: `tests/apis/ordering.py`,
where every dialect promises it.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from outlay.core.asks import OrderPayout
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import KeyKind, PixKey
from outlay.core.origin import Remarks
from outlay.core.party import Document, DocumentKind, Party, PartyKind
from outlay.core.payout import Order
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.values.beneficiaries import DOCUMENTS
from tests.apis.teemopay.orders import CALLBACK, CNPJ, CPF, order_in
from tests.apis.teemopay.rules.desk import CREATE, No, asked, credential_in, no, signed, taken


def test_an_order_to_a_pix_key_says_in_neutral_form_what_was_sent() -> None:
    assert taken("BR", order_in("BR", reference="OUT-1", bankCode=None, bankName=None)) == Order(
        reference="OUT-1",
        currency="BRL",
        amount_minor=10_01,
        beneficiary=Beneficiary(
            destination=PixKey(key=CPF, key_kind=KeyKind.CPF, country="BR"),
            party=Party(kind=PartyKind.INDIVIDUAL, name="Maria Oliveira", documents=(Document(DocumentKind.CPF, CPF),)),
        ),
        remarks=Remarks(method="401"),
        notify_url=CALLBACK,
        channel="401",
    )


def digest_of(**changes: str) -> bytes:
    """Of the fields in another order, too."""
    body = order_in("BR", reference="OUT-1") | changes
    found = []
    for fields, nonce in ((body, "0" * 32), (dict(reversed(body.items())), "1" * 32)):
        ask = asked(signed("BR", CREATE, fields, nonce=nonce), credential_in("BR"))
        assert isinstance(ask, OrderPayout)
        found.append(ask.claim.digest)
    assert found[0] == found[1]
    assert len(found[0]) == 32
    return found[0]


def test_equal_content_has_an_equal_digest_and_other_content_another() -> None:
    assert digest_of() != digest_of(realName="Mario Oliveira")


@pytest.mark.parametrize(("id_type", "number"), [("CPF", "11144477736"), ("CPF", "1" * 11), ("CNPJ", "11222333000182")])
def test_check_digits_count_only_where_the_account_asks_or_the_rail_is_a_real_one(id_type: str, number: str) -> None:
    usual, strict = credential_in("BR"), credential_in("BR", strict=True)
    real = replace(usual, account=replace(usual.account, rail="pix-direct"))
    key = {"accountType": {"CPF": 401, "CNPJ": 402}[id_type], "bankAccount": number}
    document = {"idType": id_type, "idCardNumber": number}
    for fields, code in ((document, 476), (key, 482), (document | key, 476)):
        request = signed("BR", CREATE, order_in("BR", **fields))
        assert not isinstance(asked(request, usual), No)
        for credential in (strict, real):
            found = asked(request, credential)
            assert isinstance(found, No)
            assert found.code == code


def test_a_number_that_is_good_as_one_thing_is_not_good_as_another() -> None:
    """The account and the document are one text here, and still each must fit its own rule."""
    unfit, wrong = no(482, "The bank account does not meet the requirements."), no(476, "The id card number is error")
    for way, number, id_type, expected in (
        ("402", CNPJ, "CPF", wrong),
        ("401", "1114447773", "CPF", wrong),
        ("402", CPF, "CPF", unfit),
    ):
        body = order_in("BR", way, bankAccount=number, idType=id_type, idCardNumber=number)
        assert asked(signed("BR", CREATE, body), credential_in("BR")) == expected


def test_no_country_has_two_words_for_one_document() -> None:
    for country in COUNTRIES.values():
        assert len({DOCUMENTS[word] for word in country.id_types}) == len(country.id_types), country.code
