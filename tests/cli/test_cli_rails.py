"""Rails by command: what is known of them, and over which ones an account pays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from tests.cli.cli_support import Called, Cli, serving
from tests.support.folders import short_folder
from tests.support.superuser import superuser_url

pytestmark = pytest.mark.slow

SANDBOX = {
    "name": "sandbox",
    "kind": "sandbox",
    "dialect": None,
    "send_within_ms": 5_000,
    "timeout_ms": 10_000,
    "finality_ms": 0,
    "ask_again_ms": 5_000,
    "refuses_duplicates": True,
    "dedupe_ms": None,
    "places": 512,
    "calls_per_second": None,
    "elsewhere": ["bank_unsupported", "rail_fault", "rail_out_of_funds", "rail_unstable"],
}
NORTH = {
    "name": "north",
    "kind": "gateway",
    "dialect": "uqpay",
    "send_within_ms": 2_500,
    "timeout_ms": 30_000,
    "finality_ms": 90_000,
    "ask_again_ms": 60_000,
    "refuses_duplicates": True,
    "dedupe_ms": 86_400_000,
    "places": 8,
    "calls_per_second": 5,
    "elsewhere": [],
}
ROWS = """
    insert into rails (name, kind, dialect, send_within_ms, timeout_ms, finality_ms, ask_again_ms, refuses_duplicates,
        dedupe_ms, places, calls_per_second)
    values ('north', 'gateway', 'uqpay', 2500, 30000, 90000, 60000, true, 86400000, 8, 5);
    insert into rails (name, kind) values ('west', 'sandbox');
"""


@pytest.fixture(scope="module")
def cli() -> Iterator[Cli]:
    """Beside a server of these tests alone, where there are two rails more."""
    with short_folder() as folder:
        data = folder / "data"
        with serving(data, Cli(data).environment()) as base_url:
            asyncio.run(_execute(superuser_url(data), ROWS))
            yield Called(data, base_url)


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture
def account(cli: Cli) -> str:
    opened: str = cli.json("account", "create", "Loja", "--country", "BR")["account_id"]
    return opened


def test_every_rail_is_listed_with_what_its_row_says(cli: Cli) -> None:
    listed = {rail["name"]: rail for rail in cli.json("rail", "list")["rails"]}
    assert list(listed) == ["internal", "north", "sandbox", "west"]
    assert (listed["sandbox"], listed["north"]) == (SANDBOX, NORTH)
    north, west = (
        line.split() for line in cli("rail", "list").out.splitlines() if line.strip()[:5] in ("north", "west ")
    )
    assert north == ["north", "gateway", "uqpay", "8", "5", "30s", "for", "1d"]
    assert west == ["west", "sandbox", "32", "10s", "no"]


def test_a_rail_is_shown_in_words_with_the_number_of_its_accounts(cli: Cli, account: str) -> None:
    before = cli.json("rail", "show", "north")
    assert {**before, "accounts": 0} == {**NORTH, "accounts": 0}
    cli("account", "rails", account, "sandbox", "north")
    assert cli.json("rail", "show", "north")["accounts"] == before["accounts"] + 1
    north, sandbox = (" ".join(cli("rail", "show", name).out.split()) for name in ("north", "sandbox"))
    for said in (
        "a send leaves within 2500ms of its commit, or not at all",
        "a call ends within 30s",
        "knows of a call 1m30s after it ended at the latest",
        "is asked again after 1m at the earliest",
        "refuses duplicates for 1d",
        "another rail after no refusal",
        "calls a second 5",
    ):
        assert said in north
    assert "another rail after bank unsupported, rail fault, rail out of funds, rail unstable" in sandbox
    assert "calls a second as many as the places allow" in sandbox
    assert "accounts all: what goes to an account here" in " ".join(cli("rail", "show", "internal").out.split())


def test_the_rails_of_an_account_are_set_in_order_and_shown_wherever_it_is(cli: Cli, account: str) -> None:
    assert cli.json("account", "rails", account)["rails"] == ["sandbox"]
    changed = cli.json("account", "rails", account, "west", "north", "sandbox")
    assert (changed["rail"], changed["rails"]) == ("west", ["west", "north", "sandbox"])
    text = cli("account", "rails", account).out
    assert "payouts that Loja orders go over west" in text
    assert "over north, then sandbox" in text
    assert "west, then north, then sandbox" in cli("account", "show", account).out
    assert cli.json("account", "show", account)["rails"] == ["west", "north", "sandbox"]
    [line] = [line for line in cli("account", "list").out.splitlines() if account in line]
    assert line.rstrip().endswith("west, north, sandbox")
    assert "orders from now on go over sandbox" in cli("account", "rails", account, "sandbox").out
    assert cli.json("account", "rails", account)["rails"] == ["sandbox"]


def test_what_cannot_be_an_accounts_rail_is_refused_in_words_and_changes_nothing(cli: Cli, account: str) -> None:
    for names, said in (
        (("sandbox", "nowhere"), "no rail here is called nowhere; those that are: north, sandbox, west"),
        (("internal",), "internal is the rail between accounts here, and no account's choice"),
        (("north", "west", "north"), "north is named twice"),
        (("",), "the name of a rail must not be empty"),
    ):
        assert said in cli.refusal("account", "rails", account, *names)
    assert cli.json("account", "rails", account)["rails"] == ["sandbox"]
    nobody = "8a51e84b-ab46-4a2e-abd2-3f9a9c45e04f"
    for refused in (cli.refusal("account", "rails", nobody), cli.refusal("account", "rails", nobody, "sandbox")):
        assert "there is no such account" in refused
    assert "no rail here is called x[b]; those that are: internal, north" in cli.refusal("rail", "show", "x[b]")


def test_an_account_that_may_pay_over_a_real_rail_checks_destinations(cli: Cli, account: str) -> None:
    assert "checked as real rails check them" not in cli("account", "show", account).out
    cli("account", "rails", account, "sandbox", "north")
    assert "checked as real rails check them" in cli("account", "show", account).out
