"""Applications of teemopay: what is issued, shown once and stored, and the total tables of its answers."""

from __future__ import annotations

import json
import re
from uuid import UUID

import pytest

from outlay.core.account import Account
from outlay.core.asks import FindPayout
from outlay.core.refusal import Refusal
from outlay.dialects.teemopay import DIALECT, signing
from outlay.dialects.teemopay.callers import App
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.kit.secret import Secret
from outlay.wire.dialect import (
    BadCredentialRequest,
    Credential,
    CredentialRequest,
    IssuedCredential,
    Verified,
)
from outlay.wire.problems import Fault, Trouble
from tests.apis.teemopay.rules.desk import BALANCE, NONCE, NOW_MS, ROUTES, sent
from tests.support.routes import proved
from tests.support.rows import each_row

ACCOUNT = Account(UUID("7b0d1e44-52c8-4b39-9d7e-0c6f5a1e2d33"), "Padaria Ltda", "BR")
OWN_PRIVATE, OWN_PUBLIC = signing.new_key_pair(2048)


def issue(entropy: bytes = bytes(64), public_key_pem: str | None = None, country: str = "BR") -> IssuedCredential:
    account = Account(ACCOUNT.account_id, ACCOUNT.name, country)
    return DIALECT.issue_credential(CredentialRequest(account, entropy, NOW_MS, public_key_pem))


def opened(issued: IssuedCredential) -> Credential[App]:
    sealed = {name: Secret(text) for name, text in issued.sealed.items()}
    return Credential(issued.key_id, ACCOUNT, 1, DIALECT.open_credential(sealed))


def verify(issued: IssuedCredential, private_pem: str) -> Verified[signing.SignedBody] | Fault:
    signature = signing.sign(signing.load_private_key(private_pem), f"nonce={NONCE}")
    request = sent("BR", BALANCE, json.dumps({"sign": signature}).encode(), app_code=issued.key_id)
    return proved(ROUTES[BALANCE], request, opened(issued), NOW_MS)


def test_an_application_shows_its_code_its_country_and_two_keys() -> None:
    issued = issue()

    assert list(issued.shown) == ["app_code", "country", "private_key_pem", "platform_public_key_pem"]
    assert issued.shown["app_code"] == issued.key_id
    assert issued.shown["country"] == "BR"
    assert issued.shown["private_key_pem"] not in issued.sealed.values(), "the merchant's own key is never stored"


def test_other_entropy_makes_another_app_code() -> None:
    assert issue(bytes(64)).key_id != issue(bytes(63) + b"\x01").key_id


def test_the_platforms_key_does_not_sign_for_the_merchant() -> None:
    issued = issue()
    fault = verify(issued, issued.sealed["platform_private_key_pem"])
    assert fault == Fault(200, 414, "sign verification failed")


def test_the_platforms_keys_are_a_pair_of_1024_bits() -> None:
    issued = issue()
    private = signing.load_private_key(issued.sealed["platform_private_key_pem"])
    public = signing.load_public_key(issued.shown["platform_public_key_pem"])
    assert private.public_key() == public
    assert public.key_size == 1024


@pytest.mark.parametrize("text", [OWN_PUBLIC, signing.bare_der(OWN_PUBLIC)], ids=["pem", "bare"])
def test_a_merchant_may_bring_a_public_key_and_then_gets_no_private_one(text: str) -> None:
    issued = issue(public_key_pem=text)

    assert list(issued.shown) == ["app_code", "country", "platform_public_key_pem"]
    assert isinstance(verify(issued, OWN_PRIVATE), Verified)


@pytest.mark.parametrize("text", ["", "nonsense", OWN_PRIVATE], ids=["empty", "nonsense", "private"])
def test_a_key_that_cannot_be_used_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(BadCredentialRequest, match="the public key cannot be used") as caught:
        issue(public_key_pem=text)
    assert not text or text not in str(caught.value)


@each_row("country", COUNTRIES)
def test_an_account_of_every_country_gets_an_application_of_its_country(country: str) -> None:
    issued = issue(country=country)
    assert issued.shown["country"] == country
    assert re.fullmatch(rf"A[0-9]{{20}}{country}001", issued.key_id)
    assert opened(issued).opened.country is COUNTRIES[country]


@pytest.mark.parametrize("country", ["US", "br", "", "VN"])
def test_an_account_of_another_country_gets_no_application(country: str) -> None:
    with pytest.raises(BadCredentialRequest, match="BR, MX, PE, CO, CL, AR, PK, IN, ID, KH, KR, BP"):
        issue(country=country)


# -- total tables ---------------------------------------------------------------------------------------------------

REFUSALS = {
    Refusal.ACCOUNT_NOT_FOUND: 417,
    Refusal.ACCOUNT_CLOSED: 418,
    Refusal.PAYOUT_NOT_FOUND: 400,
    Refusal.TRANSFER_NOT_FOUND: 417,
    Refusal.BANK_ACCOUNT_NOT_FOUND: 417,
    Refusal.TARGET_NOT_FOUND: 417,
    Refusal.SAME_ACCOUNT: 417,
    Refusal.REFERENCE_ELSEWHERE: 412,
    Refusal.STILL_RUNNING: 412,
    Refusal.AMOUNT_TOO_SMALL: 414,
    Refusal.AMOUNT_TOO_LARGE: 414,
    Refusal.METHOD_OFF: 421,
    Refusal.CURRENCY_OFF: 473,
    Refusal.RECIPIENT_BLOCKED: 462,
    Refusal.CURRENCY_NOT_HELD: 425,
    Refusal.INSUFFICIENT_BALANCE: 425,
}
BRAZILIAN = opened(issue()).opened


@each_row("refusal", Refusal)
def test_every_refusal_has_a_documented_code_and_http_200(refusal: Refusal) -> None:
    fault = DIALECT.refuse(refusal, FindPayout(reference="OUT-1"), BRAZILIAN)
    assert (fault.status, fault.code) == (200, REFUSALS[refusal])
    assert fault.message


def test_an_unknown_outcome_never_looks_like_a_definite_refusal() -> None:
    definite = {414, 421, 425, 455, 462, 473, 475, 476, 482}
    for trouble in (Trouble.NOT_CARRIED_OUT, Trouble.UNAVAILABLE, Trouble.INTERNAL):
        assert DIALECT.trouble(trouble).code not in definite
