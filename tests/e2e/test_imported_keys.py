"""Who migrates brings the keys: the merchant's software signs as before, and only the base URL is another."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

# The sample secret that the provider's pages print.
SECRET = "Wy31kFZf4jkE+Y2XZhmFuQ"


def account(outlay: Server, currency: str = "BRL") -> str:
    account_id: str = outlay.cli.json("account", "create", "Loja", "--country", "BR")["account_id"]
    outlay.cli("fund", account_id, "1000.00", currency, "--reference", "start")
    return account_id


def written(folder: Path, keys: Mapping[str, object]) -> Path:
    path = folder / f"{uuid4().hex}.json"
    path.write_text(json.dumps(keys), "utf-8")
    return path


def imported(outlay: Server, account_id: str, dialect: str, file: Path, *words: str) -> dict[str, str]:
    shown: dict[str, str] = outlay.cli.json(
        "credential", "create", account_id, "--dialect", dialect, "--import", file, *words
    )
    return shown


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A merchant's key pair as another tool makes it: the private key's file, and both keys bare, as the dashboard of
    the API shows them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path_factory.mktemp("pair") / "private.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return file, base64.b64encode(private).decode("ascii"), base64.b64encode(public).decode("ascii")


def test_a_shared_secret_signs_as_it_did_elsewhere_and_is_not_shown_again(outlay: Server, tmp_path: Path) -> None:
    app_id = uuid4().hex[:24]
    shown = imported(outlay, account(outlay), "lesspay", written(tmp_path, {"app_id": app_id, "app_secret": SECRET}))
    assert shown == {"app_id": app_id}
    merchant = LessPayMerchant(outlay, {"app_id": app_id, "app_secret": SECRET})
    order = merchant.order("10.00")
    assert merchant.create(order)["request_id"] == order["request_id"]


@pytest.mark.parametrize("form", ["public", "public in lines", "private"])
def test_a_key_pair_signs_as_it_did_elsewhere_and_the_platforms_key_is_told(
    outlay: Server, tmp_path: Path, pair: tuple[Path, str, str], form: str
) -> None:
    file, private, public = pair
    app_code = f"A2404010004BR{uuid4().int % 1000:03}"
    keys = {
        "public": {"public_key": public},
        "public in lines": {"public_key": "\n".join(public[at : at + 64] for at in range(0, len(public), 64))},
        "private": {"private_key": private},
    }[form]
    shown = imported(outlay, account(outlay), "teemopay", written(tmp_path, {"app_code": app_code} | keys))
    assert list(shown) == ["app_code", "country", "platform_public_key", "platform_public_key_pem"]
    assert "".join(shown["platform_public_key_pem"].splitlines()[1:-1]) == shown["platform_public_key"]
    assert private not in shown.values()
    merchant = TeemoPayMerchant(outlay, shown, file)
    order = merchant.order("10.00")
    assert merchant.create(order)["merchantOrderNo"] == order["merchantOrderNo"]


def test_a_client_id_and_an_api_key_open_as_they_did_elsewhere(outlay: Server, tmp_path: Path) -> None:
    keys = {"client_id": f"client-{uuid4().hex}", "api_key": "sk_live_abc.DEF-123", "webhook_secret": "whsec_of_old"}
    account_id = account(outlay)
    shown = imported(outlay, account_id, "uqpay", written(tmp_path, keys))
    assert shown == {"client_id": keys["client_id"], "account_id": account_id}
    merchant = UqpayMerchant(outlay, keys | shown)
    assert merchant.ask(merchant.CREATE, merchant.order("10.00")).status == 200


def test_a_webhook_secret_that_was_not_brought_is_made_and_shown(outlay: Server, tmp_path: Path) -> None:
    keys = {"client_id": f"client-{uuid4().hex}", "api_key": "k"}
    assert len(imported(outlay, account(outlay), "uqpay", written(tmp_path, keys))["webhook_secret"]) > 40


def test_a_key_id_stands_for_one_merchant_and_comes_back_only_after_it_was_revoked(
    outlay: Server, tmp_path: Path
) -> None:
    keys = {"app_id": uuid4().hex[:24], "app_secret": SECRET}
    file, first, second = written(tmp_path, keys), account(outlay), account(outlay)
    imported(outlay, first, "lesspay", file)
    for other in (first, second):
        said = outlay.cli.refusal("credential", "create", other, "--dialect", "lesspay", "--import", file)
        assert "in use here already" in said
    outlay.cli("credential", "revoke", keys["app_id"])
    rotated = keys | {"app_secret": "another-secret-of-theirs"}
    imported(outlay, first, "lesspay", written(tmp_path, rotated))
    merchant = LessPayMerchant(outlay, rotated)
    assert merchant.create(merchant.order("1.00"))["order_status"]
    assert LessPayMerchant(outlay, keys).ask(merchant.QUERY, {"request_id": "x"}).status == 401


@pytest.mark.parametrize("moves", [False, True], ids=["to the same account", "to another account"])
def test_a_key_that_comes_back_opens_to_its_new_secret_alone_although_a_server_knew_the_old_one(
    outlay: Server, tmp_path: Path, moves: bool
) -> None:
    before = account(outlay)
    after = account(outlay) if moves else before
    lesspay = {"app_id": uuid4().hex[:24], "app_secret": SECRET}
    uqpay = {"client_id": uuid4().hex, "api_key": "first", "webhook_secret": "w", "account_id": before}
    new_lesspay = lesspay | {"app_secret": f"{SECRET}2"}
    new_uqpay = uqpay | {"api_key": "second", "account_id": after}
    imported(outlay, before, "lesspay", written(tmp_path, lesspay))
    imported(outlay, before, "uqpay", written(tmp_path, uqpay))
    old_lesspay, old_uqpay = LessPayMerchant(outlay, lesspay), UqpayMerchant(outlay, uqpay)
    assert old_lesspay.create(old_lesspay.order("1.00"))["order_status"]
    for key_id in (lesspay["app_id"], uqpay["client_id"]):
        outlay.cli("credential", "revoke", key_id)
    imported(outlay, after, "lesspay", written(tmp_path, new_lesspay))
    imported(outlay, after, "uqpay", written(tmp_path, new_uqpay))
    merchant = LessPayMerchant(outlay, new_lesspay)
    assert merchant.create(merchant.order("1.00"))["order_status"]
    assert UqpayMerchant(outlay, new_uqpay).token
    assert old_lesspay.ask(merchant.CREATE, old_lesspay.order("1.00")).status == 401
    assert old_uqpay.ask(old_uqpay.BALANCES).status == 401


WRONG = {
    "no such file": ("lesspay", None, "cannot be read"),
    "not an object": ("lesspay", ["a"], "is not a JSON object of texts"),
    "a number": ("lesspay", {"app_id": "a", "app_secret": 1}, "is not a JSON object of texts"),
    "half of it": ("lesspay", {"app_id": "a"}, "app_secret is missing"),
    "of another API": ("lesspay", {"app_id": "a", "app_secret": SECRET, "api_key": "k"}, "1 fields are none of this"),
    "an odd id": ("lesspay", {"app_id": "a b", "app_secret": SECRET}, "app_id must be"),
    "a secret with a blank": ("lesspay", {"app_id": "a", "app_secret": f"{SECRET}\u200b"}, "no invisible characters"),
    "no key": (
        "teemopay",
        {"app_code": "A1BR1"},
        "public_key, public_key_pem, private_key, private_key_pem is missing",
    ),
    "a broken key": ("teemopay", {"app_code": "A1BR1", "public_key": SECRET}, "the public key cannot be used"),
    "another country": ("teemopay", {"app_code": "A1BR1", "country": "MX"}, "the account's, which is BR"),
    "an unprintable key": ("uqpay", {"client_id": "c", "api_key": "k\u00e9"}, "api_key must be"),
}


def test_keys_that_cannot_be_used_are_refused_in_words_that_never_repeat_them(outlay: Server, tmp_path: Path) -> None:
    account_id = account(outlay)
    cases = list(WRONG.values())
    said = outlay.cli.refusals(
        ["credential", "create", account_id, "--dialect", dialect, "--import", file_of(tmp_path, keys)]
        for dialect, keys, _ in cases
    )
    for text, (_, _, expected) in zip(said, cases, strict=True):
        assert expected in text
        assert SECRET not in text


def file_of(folder: Path, keys: object) -> Path:
    path = folder / f"{uuid4().hex}.json"
    if keys is not None:
        path.write_text(json.dumps(keys), "utf-8")
    return path


def test_keys_of_two_pairs_are_refused(outlay: Server, tmp_path: Path, pair: tuple[Path, str, str]) -> None:
    account_id = account(outlay)
    other = outlay.cli.json("credential", "create", account_id, "--dialect", "teemopay")["private_key_pem"]
    file = written(tmp_path, {"app_code": "A9BR9", "public_key": pair[2], "private_key_pem": other})
    said = outlay.cli.refusal("credential", "create", account_id, "--dialect", "teemopay", "--import", file)
    assert "not of one pair" in said
