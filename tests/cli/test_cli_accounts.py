"""Accounts, credentials, money and terms, by command beside a running server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from outlay.cli.client import call
from outlay.dialects import all_dialects
from outlay.process.clock import clock_ms
from outlay.wire.samples import SampleMoment, SampleOrder, Session
from tests.apis.found import documented_of
from tests.cli.cli_support import Cli

pytestmark = pytest.mark.slow

SIGNS_WITH_KEY_PAIRS = "teemopay"


@pytest.fixture(scope="module")
def account(cli: Cli) -> str:
    opened: str = cli.json("account", "create", "Padaria", "--country", "BR")["account_id"]
    return opened


def test_accounts_are_opened_and_listed(cli: Cli) -> None:
    opened = cli.json("account", "create", "Loja [b]Azul[/b]", "--country", "BR", "--review")
    assert set(opened) == {"account_id"}
    text = cli("account", "create", "Filha", "--country", "SG", "--parent", opened["account_id"]).out
    child = text.split()[1]
    known = {account["account_id"]: account for account in cli.json("account", "list")["accounts"]}
    assert known[opened["account_id"]] == {
        "account_id": opened["account_id"],
        "name": "Loja [b]Azul[/b]",
        "country": "BR",
        "parent_id": None,
        "is_open": True,
        "needs_review": True,
        "needs_bank_account": False,
        "strict_destinations": False,
        "notify_url": None,
        "rail": "sandbox",
        "rails": ["sandbox"],
    }
    assert known[child]["parent_id"] == opened["account_id"]
    assert known[child]["needs_review"] is False
    table = cli("account", "list").out
    assert child in table
    assert "Loja [b]Azul[/b]" in table
    refusal = cli.refusal("account", "create", "Neta", "--country", "SG", "--parent", child)
    assert "is a sub-account itself" in refusal


@pytest.mark.parametrize("name", list(all_dialects()))
def test_a_credential_is_shown_once_and_works_until_it_is_revoked(cli: Cli, tmp_path: Path, name: str) -> None:
    dialect, documented = all_dialects()[name], documented_of(name)
    samples = dialect.samples
    account_id = cli.json("account", "create", name, "--country", samples.country)["account_id"]
    created = cli("credential", "create", account_id, "--dialect", name, "--json")
    shown = json.loads(created.out)
    assert list(shown) == list(documented.shown)
    secrets = documented.software({**shown, "account_id": account_id}, tmp_path).secrets
    assert secrets

    text = cli("credential", "create", account_id, "--dialect", name, "--holder", " [b]Ana[/b] ").out
    assert f"for account {account_id}, held by [b]Ana[/b]. Keep" in text
    assert "cannot be shown again" in text
    assert all(f"{field}:" in text for field in shown)
    key_id = shown[documented.shown[0]]
    assert key_id not in text  # a second credential has keys of its own

    def query_status() -> tuple[int, bytes]:
        opening = samples.opening(shown)
        opened = call(cli.base_url, opening) if opening else None
        if opened is not None and opened.status != 200:
            return 0, opened.body
        order = SampleOrder(uuid4().hex[:20], samples.currency, samples.amount)
        moment = SampleMoment(clock_ms(), os.urandom(16))
        answer = call(cli.base_url, samples.create(Session(shown, opened.body if opened else b""), order, moment))
        return answer.status, answer.body

    before = query_status()
    assert cli.json("credential", "revoke", key_id) == {"key_id": key_id, "result": "revoked"}
    assert query_status() != before
    refusal = cli.refusal("credential", "revoke", key_id)
    assert "no live credential" in refusal
    elsewhere = cli("account", "list", "--json").out + cli("ledger", "verify").out + created.err + refusal
    assert not any(secret in elsewhere for secret in secrets)


def test_a_merchant_may_bring_a_public_key(cli: Cli, account: str, tmp_path: Path) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    create = ("credential", "create", account, "--dialect")
    shown = cli.json(*create, SIGNS_WITH_KEY_PAIRS, "--public-key", public)
    assert "private_key_pem" not in shown
    assert shown["platform_public_key_pem"].startswith("-----BEGIN PUBLIC KEY-----")
    (tmp_path / "binary").write_bytes(b"\xff\xfe" * 10)
    (tmp_path / "text").write_text("not a key\n")
    assert "cannot be read" in cli.refusal(*create, SIGNS_WITH_KEY_PAIRS, "--public-key", tmp_path / "absent")
    assert "not a public key in PEM form" in cli.refusal(
        *create, SIGNS_WITH_KEY_PAIRS, "--public-key", tmp_path / "binary"
    )
    assert "error:" in cli.refusal(*create, SIGNS_WITH_KEY_PAIRS, "--public-key", tmp_path / "text")
    for other in set(all_dialects()) - {SIGNS_WITH_KEY_PAIRS}:
        assert "error:" in cli.refusal(*create, other, "--public-key", public)


def test_money_is_booked_once_per_reference(cli: Cli, account: str) -> None:
    fund = ("fund", account)
    assert cli.json(*fund, "1000.00", "BRL", "--reference", "wire-1") == {
        "account_id": account,
        "currency": "BRL",
        "amount": "1000.00",
        "reference": "wire-1",
        "result": "booked",
        "available": "1000.00",
    }
    again = cli(*fund, "1000", "BRL", "--reference", "wire-1").out
    assert "booked before, so nothing was booked; available: 1000.00 BRL" in again
    assert cli.json(*fund, "1000.00", "BRL", "--reference", "wire-1")["result"] == "repeated"
    assert "another amount or currency" in cli.refusal(*fund, "1000.01", "BRL", "--reference", "wire-1")
    assert "another amount or currency" in cli.refusal(*fund, "1000.00", "SGD", "--reference", "wire-1")
    yen = cli.json(*fund, "500", "JPY", "--reference", "wire-2")
    assert (yen["amount"], yen["available"]) == ("500", "500")
    dinar = cli.json(*fund, "0.001", "KWD", "--reference", "wire-3")
    assert dinar["available"] == "0.001"
    assert "no such account" in cli.refusal("fund", uuid4(), "1.00", "BRL", "--reference", "wire-1")


def test_what_is_not_given_keeps_its_value(cli: Cli, account: str) -> None:
    fee, limit = ("fee", "set", account, "BRL"), ("limit", "set", account, "BRL")
    same = {"account_id": account, "currency": "BRL"}
    assert cli.json(*fee, "--rate", "0.0500") == {**same, "fixed": "0.00", "rate": "0.0500"}
    assert "cost 5.00 + 0.0500 × amount" in cli(*fee, "--fixed", "5.00").out
    assert cli.json(*fee, "--rate", "0.000125") == {**same, "fixed": "5.00", "rate": "0.000125"}
    assert cli.json(*fee, "--fixed", "0", "--rate", "0") == {**same, "fixed": "0.00", "rate": "0.0000"}
    assert cli.json(*limit, "--min", "10", "--max", "5000.00") == {**same, "min": "10.00", "max": "5000.00"}
    assert "from 20.00 to 5000.00" in cli(*limit, "--min", "20").out
    assert "would be larger than" in cli.refusal(*limit, "--max", "19.99")
    assert "no such account" in cli.refusal("fee", "set", uuid4(), "BRL", "--fixed", "1")


def test_the_version_and_the_help(cli: Cli) -> None:
    version = subprocess.run(
        [sys.executable, "-m", "outlay.cli", "--version"],
        env=cli.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert version.stdout == "outlay 0.7.4\n"
    for words in ("fund", "--help"), ("payout", "show", "--help"):
        assert "Usage: outlay" in cli(*words).out
