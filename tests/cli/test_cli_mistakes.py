"""What a person can mistype: refused in words, before any database is opened, and never with a traceback.

These run inside the test's own process, so that they are fast; that a real process answers alike, test_cli_accounts and
test_cli_payouts show.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache

import pytest
import typer.main

from outlay.cli.main import run
from outlay.dialects import all_dialects
from outlay.process import opening
from tests.support.rows import each_row

ACCOUNT = "8a51e84b-ab46-4a2e-abd2-3f9a9c45e04f"

MISTAKES: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no uuid": (("fund", "me", "1", "BRL", "--reference", "r"), 1, "me is not an account id"),
    "markup": (("fund", "[/b]", "1", "BRL", "--reference", "r"), 1, "[/b] is not an account id"),
    "escape": (("fund", "\x1b[31m", "1", "BRL", "--reference", "r"), 1, "\\x1b[31m is not an account id"),
    "no currency": (("fund", ACCOUNT, "1", "brl", "--reference", "r"), 1, "brl is not a known currency"),
    "exponent": (("fund", ACCOUNT, "1e3", "BRL", "--reference", "r"), 1, "1e3 is not an amount of BRL"),
    "negative": (("fund", ACCOUNT, "-1", "BRL", "--reference", "r"), 2, "No such option: -1"),
    "zero": (("fund", ACCOUNT, "0.00", "BRL", "--reference", "r"), 1, "not greater than zero"),
    "full width": (("fund", ACCOUNT, "１００", "BRL", "--reference", "r"), 1, "not a plain decimal number"),
    "decimals": (("fund", ACCOUNT, "1.234", "BRL", "--reference", "r"), 1, "more decimals than the currency has"),
    "yen": (("fund", ACCOUNT, "1.0", "JPY", "--reference", "r"), 1, "(write it like 300)"),
    "too large": (("fund", ACCOUNT, "10000000000000.01", "BRL", "--reference", "r"), 1, "larger than any amount"),
    "no reference": (("fund", ACCOUNT, "1", "BRL"), 2, "Missing option '--reference'"),
    "blank": (("fund", ACCOUNT, "1", "BRL", "--reference", " "), 1, "the reference must not be empty"),
    "invisible": (("fund", ACCOUNT, "1", "BRL", "--reference", "\u200b"), 1, "the reference must not be empty"),
    "long": (("fund", ACCOUNT, "1", "BRL", "--reference", "r" * 256), 1, "at most 255 characters"),
    "not utf-8": (("fund", ACCOUNT, "1", "BRL", "--reference", "\udcff"), 1, "bytes that are not UTF-8"),
    "line separator": (("account", "create", "A\u2028B", "--country", "BR"), 1, "line separators"),
    "turned writing": (("account", "create", "A\u202eB", "--country", "BR"), 1, "turn the direction of writing"),
    "name that nobody sees": (
        ("credential", "create", ACCOUNT, "--dialect", "uqpay", "--holder", "\u200b\u2060"),
        1,
        "the name must not be empty",
    ),
    "approval by nobody who can be seen": (
        ("review", "approve", "1", "--by", "\u3164\xad \xa0"),
        1,
        "the name must not be empty",
    ),
    "approval by what means nothing": (("review", "approve", "1", "--by", "\ue000"), 1, "the name must not be empty"),
    "block of what nobody sees": (
        ("block", "add", ACCOUNT, "\u200b\ufeff", "--by", "me", "--why", "w"),
        1,
        "the number must not be empty",
    ),
    "block of what means nothing": (
        ("block", "add", ACCOUNT, "\ue000", "--by", "me", "--why", "w"),
        1,
        "the number must not be empty",
    ),
    "block of two lines": (("block", "add", ACCOUNT, "1\n2", "--by", "me", "--why", "w"), 1, "control characters"),
    "unblocking nothing": (("block", "remove", ACCOUNT, "\u200b"), 1, "the number must not be empty"),
    "notice to no port": (
        ("account", "set", ACCOUNT, "--notify-url", "https://a.example:0/"),
        1,
        "--notify-url must be an http or https URL",
    ),
    "notice to another script": (
        ("account", "set", ACCOUNT, "--notify-url", "https://pãdaria.example/"),
        1,
        "a host of other letters as xn--",
    ),
    "country": (("account", "create", "A", "--country", "br"), 1, "assigned code of ISO 3166-1"),
    "name": (("account", "create", "", "--country", "BR"), 1, "the name must not be empty"),
    "line break": (("account", "create", "A\nB", "--country", "BR"), 1, "control characters"),
    "dialect": (("credential", "create", ACCOUNT, "--dialect", "x"), 1, f"known are: {', '.join(all_dialects())}"),
    "rate of 5": (("fee", "set", ACCOUNT, "BRL", "--rate", "5"), 1, "such as 0.0500 for 5 %"),
    "rate": (("fee", "set", ACCOUNT, "BRL", "--rate", "0.0000001"), 1, "at most 6 decimals"),
    "no fee": (("fee", "set", ACCOUNT, "BRL"), 1, "give --fixed, --rate or both"),
    "no limit": (("limit", "set", ACCOUNT, "BRL"), 1, "give --min, --max or both"),
    "limit of 0": (("limit", "set", ACCOUNT, "BRL", "--min", "0"), 1, "not greater than zero"),
    "state": (("payout", "list", "--state", "gone"), 2, "'in_review'"),
    "limit": (("payout", "list", "--limit", "0"), 2, "--limit"),
    "notice address": (
        ("account", "create", "A", "--country", "BR", "--notify-url", "ftp://a.example/"),
        1,
        "--notify-url must be an http or https URL",
    ),
    "secret in an address": (
        ("account", "set", ACCOUNT, "--notify-url", "https://u:hunter2@a.example/"),
        1,
        "without a name or password in it",
    ),
    "nothing to set": (("account", "set", ACCOUNT), 1, "nothing to set: give --review"),
    "transfer of nothing": (
        ("account", "transfer", ACCOUNT, "A1", "0", "BRL", "--by", "me", "--reason", "r", "--reference", "t"),
        1,
        "not greater than zero",
    ),
    "transfer by nobody": (
        ("account", "transfer", ACCOUNT, "A1", "1", "BRL", "--by", " ", "--reason", "r", "--reference", "t"),
        1,
        "the name must not be empty",
    ),
    "approval by nobody": (("review", "approve", "1"), 2, "Missing option '--by'"),
    "rejection without why": (("review", "reject", "1", "--by", "me"), 2, "Missing option '--why'"),
    "rejection for nothing": (("review", "reject", "1", "--by", "me", "--why", " "), 1, "the reason must not be empty"),
    "cancelled by nobody": (("payout", "cancel", "1"), 2, "Missing option '--by'"),
    "block without why": (("block", "add", ACCOUNT, "1", "--by", "me"), 2, "Missing option '--why'"),
    "block of nothing": (("block", "add", ACCOUNT, "", "--by", "me", "--why", "w"), 1, "the number must not be empty"),
    "no method": (("method", "off", ACCOUNT, "BRL"), 1, "name one METHOD, or give --all"),
    "method and all": (("method", "on", ACCOUNT, "BRL", "pix", "--all"), 1, "name one METHOD, or give --all"),
    "wildcard": (("method", "off", ACCOUNT, "BRL", "*"), 1, "a METHOD is a kind of destination (bank, pix"),
    "method of no currency": (("method", "off", ACCOUNT, "brl", "pix"), 1, "brl is not a known currency"),
    "no span": (("sandbox", "advance", "3"), 1, "3 is not a span of time: write days"),
    "span of nothing": (("sandbox", "advance", "0d"), 1, "0d is not a span of time"),
    "empty span": (("sandbox", "advance", ""), 1, "is not a span of time"),
    "span in words": (("sandbox", "advance", "tomorrow"), 1, "tomorrow is not a span of time"),
    "span backwards": (("sandbox", "advance", "--", "-3d"), 1, "-3d is not a span of time"),
    "span in disorder": (("sandbox", "advance", "12h1d"), 1, "12h1d is not a span of time"),
    "span twice": (("sandbox", "advance", "1d1d"), 1, "1d1d is not a span of time"),
    "recovery of what is none": (("recover", "--data=/nowhere/outlay"), 1, "/nowhere/outlay holds no installation"),
    "no command": (("pay",), 2, "No such command 'pay'"),
}


@pytest.fixture(autouse=True, scope="module")
def commands_are_put_together_once() -> Iterator[None]:
    """As in a process, which runs one; anew for each test it would take most of its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@each_row("name", list(MISTAKES))
@each_row("form", ["text", "json"])
def test_mistakes_are_refused_in_words(
    name: str, form: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words, status, said = MISTAKES[name]
    flags = ["--json"] if form == "json" else []
    monkeypatch.setattr(sys, "argv", ["outlay", *words[:2], *flags, *words[2:]])
    monkeypatch.setattr(opening, "open_database", lambda *_arguments, **_options: pytest.fail("opened a database"))
    with pytest.raises(SystemExit) as ended:
        run()
    printed = capfd.readouterr()
    assert ended.value.code == status
    assert printed.out == ""
    assert said in " ".join(printed.err.split())
    assert "\x1b" not in printed.err
    assert "hunter2" not in printed.err


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["outlay", "account", "list"])
    monkeypatch.setenv("OUTLAY_SECRET_KEY", "hunter2")
    with pytest.raises(SystemExit):
        run()
    said = capfd.readouterr().err
    assert "OUTLAY_SECRET_KEY: must be 64" in said
    assert "64 hexadecimal digits" in said
    assert "hunter2" not in said
