"""What an operator sets on an account: its flags, money between accounts, methods that are off, blocked recipients."""

from __future__ import annotations

from uuid import UUID

import pytest

from outlay.cli.block import masked
from outlay.core.account import short_id
from tests.cli.cli_support import Cli, Merchant, any_dialect

STRANGER = "00000000-0000-4000-8000-000000000000"


class Family:
    """A master with money and two sub-accounts."""

    def __init__(self, cli: Cli) -> None:
        def opened(name: str, *options: str) -> str:
            account_id: str = cli.json("account", "create", name, "--country", "SG", *options)["account_id"]
            return account_id

        self.master = opened("Mother")
        self.daughter, self.son = (opened(name, "--parent", self.master) for name in ("Daughter", "Son"))
        cli("fund", self.master, "1000.00", "SGD", "--reference", "start")


@pytest.fixture(scope="module")
def family(cli: Cli) -> Family:
    return Family(cli)


def available(cli: Cli, account_id: str) -> dict[str, str]:
    balances = cli.json("account", "show", account_id)["balances"]
    return {balance["currency"]: balance["available"] for balance in balances}


@pytest.mark.slow
def test_an_account_is_shown_with_all_that_belongs_to_it(cli: Cli, family: Family) -> None:
    cli("fee", "set", family.daughter, "SGD", "--fixed", "1.00", "--rate", "0.01")
    cli("method", "off", family.daughter, "SGD", "card")
    cli("block", "add", family.daughter, "12345678", "--by", "Bob", "--why", "fraud")
    document = cli.json("account", "show", family.daughter)
    assert document["short_id"] == short_id(UUID(family.daughter))
    assert {relative["account_id"]: relative["is_master"] for relative in document["family"]} == {
        family.master: True,
        family.daughter: False,
        family.son: False,
    }
    (terms,) = document["terms"]
    assert (terms["currency"], terms["fixed"], terms["rate"], terms["off"]) == ("SGD", "1.00", "0.0100", ["card"])
    assert document["blocked_count"] == 1
    text = cli("account", "show", family.daughter).out
    for said in (short_id(UUID(family.son)), "Mother", "master", "1.00 + 0.0100 × amount", "card", "1 recipients"):
        assert said in text
    assert "no such account" in cli.refusal("account", "show", STRANGER)


@pytest.mark.slow
def test_only_what_is_given_changes_on_an_account(cli: Cli) -> None:
    opening = ("account", "create", "Loja", "--country", "BR", "--bank-account-required")
    account_id = cli.json(*opening, "--notify-url", "https://a.example/n?x=1")["account_id"]
    before = cli.json("account", "show", account_id)
    assert (before["needs_review"], before["needs_bank_account"], before["notify_url"]) == (
        False,
        True,
        "https://a.example/n?x=1",
    )
    assert "wait for a reviewer" in cli("account", "set", account_id, "--review").out
    changed = cli.json("account", "set", account_id, "--no-bank-account-required", "--notify-url", "")
    assert (changed["needs_review"], changed["needs_bank_account"], changed["notify_url"]) == (True, False, None)
    assert cli.json("account", "set", account_id, "--no-review")["needs_review"] is False
    assert "no such account" in cli.refusal("account", "set", STRANGER, "--review")


@pytest.mark.slow
def test_a_closed_account_orders_nothing_until_it_is_opened_again(cli: Cli) -> None:
    merchant = Merchant(cli, any_dialect())
    accepted = merchant.order("10.00").body
    assert "is closed" in cli("account", "close", merchant.account_id).out
    assert cli.json("account", "show", merchant.account_id)["is_open"] is False
    refused = merchant.order("10.00").body
    assert len(merchant.payouts()) == 1
    assert refused[:12] != accepted[:12]
    assert cli.json("account", "reopen", merchant.account_id)["is_open"] is True
    merchant.order("10.00")
    assert len(merchant.payouts()) == 2
    for verb in "close", "reopen":
        assert "no such account" in cli.refusal("account", verb, STRANGER)


@pytest.mark.slow
def test_money_moves_once_per_reference_and_within_a_family(cli: Cli, family: Family) -> None:
    given = ("SGD", "--by", "Bob", "--reason", "float", "--reference", "t-1")
    made = cli.json("account", "transfer", family.master, family.son, "250.00", *given)
    assert (made["result"], made["amount"], made["ordered_by"], made["reason"]) == ("moved", "250.00", "Bob", "float")
    assert made["credited_at"] is not None
    # The short form of the same account is the same content.
    short = short_id(UUID(family.son))
    again = cli.json("account", "transfer", family.master, short, "250.00", *given)
    assert again == {**made, "result": "repeated"}
    assert "so nothing was moved" in cli("account", "transfer", family.master, family.son, "250", *given).out
    refused = {
        (family.son, "250.01", *given): "used before on this account for something else",
        (family.daughter, "250.00", *given): "used before on this account for something else",
        (family.master, "1.00", *given[:-1], "t-2"): "one and the same",
        (STRANGER, "1.00", *given[:-1], "t-3"): "not of the same master",
        (family.son, "750.01", *given[:-1], "t-4"): "has not so much available",
        (family.son, "1.00", "BRL", *given[1:-1], "t-5"): "never had money in this currency",
    }
    commands = [("account", "transfer", family.master, *words) for words in refused]
    for said, expected in zip(cli.refusals(commands), refused.values(), strict=True):
        assert expected in said
    assert "no such account" in cli.refusal("account", "transfer", STRANGER, family.son, "1.00", *given)
    assert available(cli, family.master) == {"SGD": "750.00"}
    assert available(cli, family.son) == {"SGD": "250.00"}


@pytest.mark.slow
def test_both_sides_list_their_transfers(cli: Cli) -> None:
    family = Family(cli)
    assert "no transfers" in cli("account", "transfers", family.master).out
    for number, (source, target) in enumerate(((family.master, family.son), (family.son, family.daughter))):
        given = ("7.50", "SGD", "--by", "Bob", "--reason", "[i]float[/i]", "--reference", f"t-{number}")
        cli("account", "transfer", source, target, *given)
    newest, oldest = cli.json("account", "transfers", family.son)["transfers"]
    assert (newest["source_id"], newest["target_id"]) == (family.son, family.daughter)
    assert (oldest["source_id"], oldest["target_id"]) == (family.master, family.son)
    text = cli("account", "transfers", family.son).out
    assert "-7.50" in text
    assert "[i]float[/i]" in text
    one = cli("account", "transfers", family.son, "--limit", 1).out
    assert "newest 1 of 2" in one
    assert "no such account" in cli.refusal("account", "transfers", STRANGER)


@pytest.mark.slow
def test_methods_are_switched_off_one_by_one_or_all(cli: Cli) -> None:
    account_id = cli.json("account", "create", "Loja", "--country", "BR")["account_id"]
    assert "nothing is switched off" in cli("method", "list", account_id).out
    off, on = ("method", "off", account_id), ("method", "on", account_id)
    assert "the destination pix switched off" in cli(*off, "BRL", "pix").out
    assert "the channel EPAY_PAYOUT switched off" in cli(*off, "BRL", "EPAY_PAYOUT").out
    assert cli.json(*off, "BRL", "pix")["off"] == ["EPAY_PAYOUT", "pix"]
    assert cli.json(*off, "SGD", "--all")["off"] == ["*"]
    listed = cli.json("method", "list", account_id)
    assert listed == {"account_id": account_id, "off": {"BRL": ["EPAY_PAYOUT", "pix"], "SGD": ["*"]}}
    text = cli("method", "list", account_id).out
    assert "EPAY_PAYOUT, pix" in text
    assert "everything" in text
    assert cli.json(*on, "BRL", "EPAY_PAYOUT")["off"] == ["pix"]
    assert cli.json(*on, "BRL", "--all")["off"] == ["pix"]
    assert "nothing is off now" in cli(*on, "BRL", "pix").out
    assert "nothing is off now" in cli(*on, "SGD", "--all").out
    assert cli.json("method", "list", account_id)["off"] == {}
    for words in (("off", STRANGER, "BRL", "pix"), ("on", STRANGER, "BRL", "--all"), ("list", STRANGER)):
        assert "no such account" in cli.refusal("method", *words)


@pytest.mark.slow
def test_what_nobody_sees_in_a_pasted_number_is_taken_off(cli: Cli) -> None:
    account_id = cli.json("account", "create", "Loja", "--country", "BR")["account_id"]
    pasted = "\u202a111\u00a0444\u200b777\u206035\u202c "
    assert cli.json("block", "add", account_id, pasted, "--by", "Bob", "--why", "w")["changed"] is True
    (block,) = cli.json("block", "list", account_id)["blocked"]
    assert block["number"] == "111 44477735"
    assert cli.json("block", "remove", account_id, "11144477735")["changed"] is True


@pytest.mark.slow
def test_a_blocked_recipient_is_on_record_and_masked(cli: Cli) -> None:
    account_id = cli.json("account", "create", "Loja", "--country", "BR")["account_id"]
    assert "no recipient is blocked" in cli("block", "list", account_id).out
    add = ("block", "add", account_id, "11144477735", "--by", "Bob", "--why")
    assert cli(*add, "chargebacks").out == "*******7735 is blocked\n"
    repeated = cli.json(*add, "another reason")
    assert (repeated["changed"], repeated["number"]) == (False, "11144477735")
    (block,) = cli.json("block", "list", account_id)["blocked"]
    assert (block["number"], block["why"], block["by"]) == ("11144477735", "chargebacks", "Bob")
    text = cli("block", "list", account_id).out
    assert "11144477735" not in text
    assert "*******7735" in text
    assert "chargebacks" in text
    spelt = cli.json("block", "add", account_id, "111.444.777-35\u200b", "--by", "Eve", "--why", "w")
    assert (spelt["changed"], spelt["number"]) == (False, "111.444.777-35")
    assert "was blocked before" in cli("block", "add", account_id, "111 444 777 35", "--by", "Eve", "--why", "w").out
    assert cli.json("block", "remove", account_id, "11144477736")["changed"] is False
    assert "may be paid again" in cli("block", "remove", account_id, "111.444.777/35").out
    assert cli.json("block", "remove", account_id, "11144477735")["changed"] is False
    assert cli.json("block", "list", account_id)["blocked"] == []
    for words in (
        ("add", STRANGER, "1", "--by", "Bob", "--why", "w"),
        ("remove", STRANGER, "1"),
        ("list", STRANGER),
    ):
        assert "no such account" in cli.refusal("block", *words)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("11144477735", "*******7735"),
        ("12345", "*2345"),
        ("1234", "****"),
        ("1", "*"),
        ("maria@a.example", "***********mple"),
    ],
)
def test_a_masked_number_shows_its_last_four_at_most(number: str, shown: str) -> None:
    assert masked(number) == shown
