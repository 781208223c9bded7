"""Payouts that were ordered over HTTP, looked at and played with by command, beside the server that executes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec import to_builtins

from outlay.cli.choice import payout_number
from outlay.cli.common import with_runtime
from outlay.core.ids import MAX_ID
from outlay.core.origin import NO_REMARKS
from outlay.core.payout import Payout
from outlay.dialects import all_dialects
from outlay.process.settings import Settings
from outlay.service.runtime import Runtime
from outlay.store.read.reader import PayoutFound, PayoutQuestion
from tests.cli.cli_support import Cli, Merchant, any_dialect, wait_for, with_references

IN_QUOTES = re.compile('"([^"]*)"')


@pytest.fixture(scope="module")
def merchants(cli: Cli) -> dict[str, Merchant]:
    """One for each API."""
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda dialect: Merchant(cli, dialect), all_dialects().values())
        return dict(zip(all_dialects(), made, strict=True))


@pytest.fixture(scope="module")
def merchant(cli: Cli) -> Merchant:
    """One with a fee, for the stories of the sandbox bank."""
    return Merchant(cli, any_dialect(), fee=("5.00", "0.0500"))


def is_paid(history: dict[str, Any]) -> bool:
    return bool(history["state"] == "paid")


def is_failed(history: dict[str, Any]) -> bool:
    return bool(history["state"] == "failed")


def is_held(history: dict[str, Any]) -> bool:
    return bool(history["attempts"] and history["attempts"][0]["state"] == "accepted")


def is_all_back(history: dict[str, Any]) -> bool:
    return bool(history["returned"] == history["amount"])


def shown(cli: Cli, merchant: Merchant, reference: str, is_ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Waits until the payout has come so far; its history."""

    def history() -> Any:
        found = cli.json("payout", "show", reference, "--account", merchant.account_id)
        return found if is_ready(found) else None

    found: dict[str, Any] = wait_for(history)
    return found


def ordered(cli: Cli, merchant: Merchant, amount: str, is_ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    reference = merchant.new_reference()
    answer = merchant.order(amount, reference)
    assert answer.status == 200, answer.body
    return shown(cli, merchant, reference, is_ready)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(all_dialects()))
def test_each_id_that_an_api_shows_finds_the_payout(cli: Cli, merchants: dict[str, Merchant], name: str) -> None:
    merchant = merchants[name]
    answer = merchant.order("100.00")
    payout = merchant.payouts()[-1]
    number, said = int(payout["payout_id"]), IN_QUOTES.findall(answer.body.decode())
    ids = {text for text in said if re.sub(r"\D", "", text).lstrip("0") == str(number)}
    assert ids, answer.body
    shown_ids = {text for text in ids if payout_number(text) == number}  # an API may write them as no command reads
    texts = (*shown_ids, payout["payout_id"], payout["reference"])
    for result in cli.each([("payout", "show", text, "--json") for text in texts]):
        assert json.loads(result.out)["payout_id"] == payout["payout_id"]


@pytest.mark.slow
def test_show_tells_the_whole_story(cli: Cli, merchant: Merchant) -> None:
    first = ordered(cli, merchant, "300.11", is_paid)
    assert (first["amount"], first["fee"], first["fee_fixed"], first["fee_rate"]) == (
        "300.11",
        "20.01",
        "5.00",
        "0.0500",
    )
    assert [fact["kind"] for fact in first["facts"]] == ["ordered", "attempt_begun", "attempt_accepted", "paid"]
    assert [fact["number"] for fact in first["facts"]] == [1, 2, 3, 4]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fact["at"]) for fact in first["facts"])
    assert [(attempt["number"], attempt["rail"], attempt["state"]) for attempt in first["attempts"]] == [
        (1, "sandbox", "paid")
    ]
    moves = [
        (posting["fact"], posting["source"], posting["target"], posting["amount"]) for posting in first["postings"]
    ]
    assert moves == [
        (1, "available", "held", "320.12"),
        (4, "held", "clearing:sandbox", "300.11"),
        (4, "held", "fees", "20.01"),
    ]
    assert first["books"] == {"available": "-320.12", "held": "0.00", "clearing:sandbox": "300.11", "fees": "20.01"}
    assert sum(map(Decimal, first["books"].values())) == 0

    text = cli("payout", "show", first["payout_id"]).out
    for said in ("300.11", "20.01", "5.00 + 0.0500 × amount", "paid", "320.12 available → held", first["reference"]):
        assert said in text
    assert re.search(r"\bsum +0\.00\b", text)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(all_dialects()))
def test_show_says_from_where_an_order_came_and_what_it_said(
    cli: Cli, merchants: dict[str, Merchant], name: str
) -> None:
    merchant = merchants[name]
    merchant.order("1.00")
    payout_id = merchant.payouts()[-1]["payout_id"]
    told, kept = cli.json("payout", "show", payout_id), kept_as(cli, merchant, int(payout_id))
    assert told["origin"] == {"dialect": name, "key_id": told["ordered_by"]}
    assert told["beneficiary"]["destination"]["kind"] == kept.beneficiary.kind.value
    remarks = {label: text for label, text in to_builtins(kept.remarks).items() if isinstance(text, str) and text}
    assert told["remarks"].items() >= remarks.items()
    words = " ".join(cli("payout", "show", payout_id).out.split())
    assert f"ordered through {name} {told['ordered_by']}" in words
    for label, text in remarks.items():
        assert f"{label.replace('_', ' ')} {text}" in words


@pytest.mark.slow
def test_some_sample_says_something_beside_the_money(cli: Cli, merchants: dict[str, Merchant]) -> None:
    """Else it would not be seen whether that is shown."""
    for merchant in merchants.values():
        merchant.order("1.00")
    latest = {name: int(merchant.payouts()[-1]["payout_id"]) for name, merchant in merchants.items()}
    said = [kept_as(cli, merchants[name], payout_id).remarks for name, payout_id in latest.items()]
    assert any(remarks != NO_REMARKS for remarks in said)


def kept_as(cli: Cli, merchant: Merchant, payout_id: int) -> Payout:
    """As it stands in the tables."""

    async def work(looks: Runtime, _settings: Settings) -> Any:
        return await looks.reader.payout(PayoutQuestion(UUID(merchant.account_id), payout_id=payout_id))

    found = with_runtime(cli.data, work)
    assert isinstance(found, PayoutFound)
    assert found.payout is not None
    return found.payout


@pytest.mark.slow
def test_show_says_whose_money_a_minus_is(cli: Cli, merchant: Merchant) -> None:
    history = ordered(cli, merchant, "300.11", is_paid)
    _, _, books = cli("payout", "show", history["payout_id"]).out.partition("in the books of the merchant's account")
    for row in (
        r"available +the merchant's, to spend +-320\.12",
        r"held +the merchant's, set aside +0\.00",
        r"clearing:sandbox +paid out, less what came back +\+300\.11",
        r"fees +charged to the merchant +\+20\.01",
    ):
        assert re.search(rf"^ {row} *$", books, re.MULTILINE), books
    assert "A minus is money that left that book, a plus came into it." in " ".join(books.split())


@pytest.mark.slow
def test_a_failed_payout_is_shown_to_have_cost_nothing(cli: Cli, merchant: Merchant) -> None:
    history = ordered(cli, merchant, "20.71", is_failed)
    assert history["fee"] == "6.04"  # as it was agreed
    text = cli("payout", "show", history["payout_id"]).out
    assert re.search(r"fee +0\.00 [A-Z]{3} \(6\.04 = 5\.00 \+ 0\.0500 × amount was set aside and came back\)", text)
    (row,) = (line for line in cli("payout", "list").out.splitlines() if history["payout_id"] in line)
    assert re.search(r" 20\.71 +[A-Z]{3} +0\.00 +failed", row)


@pytest.mark.slow
def test_returns_are_part_of_the_story(cli: Cli, merchant: Merchant) -> None:
    history = ordered(cli, merchant, "100.82", is_all_back)
    assert [back["amount"] for back in history["returns"]] == ["50.41", "50.41"]
    assert history["state"] == "paid"
    text = cli("payout", "show", history["payout_id"]).out
    assert "paid, all returned" in text
    assert "50.41 clearing:sandbox → available" in text


@pytest.mark.slow
def test_a_return_by_decision_says_so(cli: Cli, merchant: Merchant) -> None:
    payout_id = ordered(cli, merchant, "1000.00", is_paid)["payout_id"]
    decided = ("sandbox", "return", payout_id, "500.00", "--by-decision")
    assert cli.json(*decided, "--number", 1)["changed"] is True
    assert cli.json(*decided, "--number", 1)["changed"] is False
    text = cli("payout", "show", payout_id).out
    assert text.count("by decision: yes") == 1
    cli("sandbox", "return", payout_id, "500.00")
    history = cli.json("payout", "show", payout_id)
    assert [(back["amount"], back["by_decision"]) for back in history["returns"]] == [
        ("500.00", True),
        ("500.00", False),
    ]
    assert cli("payout", "show", payout_id).out.count("by decision: yes") == 1


@pytest.mark.slow
def test_a_receipt_is_shown_where_there_is_one(cli: Cli, merchant: Merchant) -> None:
    assert ordered(cli, merchant, "100.00", is_paid)["receipt_url"] is None
    tracked = Merchant(cli, any_dialect())
    tracked.currency = "MXN"
    cli("fund", tracked.account_id, "1000.00", "MXN", "--reference", "pesos")
    history = ordered(cli, tracked, "100.00", is_paid)
    assert re.fullmatch("[0-9]{30}", history["rail_reference"])
    assert history["receipt_url"] == f"https://cep.sandbox.example/{history['rail_reference']}"
    text = cli("payout", "show", history["payout_id"]).out
    assert re.search(rf"\breceipt +{history['receipt_url']}", text)
    assert text.count(history["receipt_url"]) == 2, "above, and beside the fact"


@pytest.mark.slow
def test_one_reference_on_two_accounts_asks_which(cli: Cli, merchant: Merchant, merchants: dict[str, Merchant]) -> None:
    sharing = (merchant, merchants[merchant.name])
    for one in sharing:
        assert one.order("50.00", "shared-1").status == 200
    refusal = cli.refusal("payout", "show", "shared-1")
    assert "2 payouts have the reference shared-1; name one by its id, or give --account" in refusal
    assert "--account" in cli.refusal("sandbox", "pay", "shared-1")
    for one in sharing:
        found = cli.json("payout", "show", "shared-1", "--account", one.account_id)
        assert found["account_id"] == one.account_id
        assert found["payout_id"] in refusal


@pytest.mark.slow
def test_a_reference_that_is_also_the_id_of_another_payout_shows_both(
    cli: Cli, merchant: Merchant, merchants: dict[str, Merchant]
) -> None:
    """A merchant may choose it so; who was asked about the other one must not be told of the wrong money."""
    other = next(merchants[each.name] for each in with_references() if each.name != merchant.name)
    named = ordered(cli, other, "50.00", is_paid)["payout_id"]
    assert merchant.order("60.00", named).status == 200
    by_id, by_reference = cli.json("payout", "show", named)
    assert (by_id["payout_id"], by_id["account_id"]) == (named, other.account_id)
    assert (by_reference["reference"], by_reference["account_id"]) == (named, merchant.account_id)
    text = cli("payout", "show", named).out
    assert text.startswith("2 orders: the first has this id")
    assert text.index(by_id["amount"]) < text.index(by_reference["amount"])
    assert cli.json("payout", "show", f"id:{named}")["payout_id"] == named
    assert cli.json("payout", "show", f"reference:{named}")["payout_id"] == by_reference["payout_id"]
    assert cli.json("payout", "show", by_reference["payout_id"])["reference"] == named
    for command in (("sandbox", "pay"), ("payout", "cancel", "--by", "Bob"), ("review", "approve", "--by", "Bob")):
        refusal = cli.refusal(*command, named)
        assert f"{named} is the id of one order and the reference of another; say which: id:… or reference:…" in refusal
        assert by_reference["payout_id"] in refusal


@pytest.mark.slow
def test_lists_show_the_newest_of_one_account_or_state_up_to_a_limit(cli: Cli, merchant: Merchant) -> None:
    failed = ordered(cli, merchant, "10.71", is_failed)
    assert failed["failure"]["reason"] == "account_not_found"
    one = cli.json("payout", "list", "--account", merchant.account_id, "--limit", 1)
    assert [payout["payout_id"] for payout in one["payouts"]] == [failed["payout_id"]]
    in_state = cli.json("payout", "list", "--account", merchant.account_id, "--state", "failed")
    assert {payout["state"] for payout in in_state["payouts"]} == {"failed"}
    assert in_state["more"] is False
    second = ordered(cli, merchant, "10.72", is_failed)
    assert cli.json("payout", "list", "--account", merchant.account_id, "--limit", 1)["more"] is True
    text = cli("payout", "list", "--account", merchant.account_id, "--limit", 1).out
    assert second["payout_id"] in text
    assert failed["payout_id"] not in text
    assert "--limit" in text
    nobody = "00000000-0000-4000-8000-000000000000"
    wrong_account, unknown, of_another = cli.refusals(
        [
            ("payout", "list", "--account", nobody),
            ("payout", "show", "123"),
            ("payout", "show", failed["payout_id"], "--account", nobody),
        ]
    )
    assert "no such account" in wrong_account
    assert "no payout has the id or reference 123" in unknown
    assert "no payout on this account" in of_another


@pytest.mark.slow
def test_the_sandbox_bank_by_hand(cli: Cli, merchant: Merchant) -> None:
    references = [merchant.new_reference() for _ in range(3)]
    for reference in references:
        assert merchant.order("10.74", reference).status == 200
    released, paid, failed = (shown(cli, merchant, reference, is_held)["payout_id"] for reference in references)
    release, pay, fail = cli.each(
        [("sandbox", "release", released), ("sandbox", "pay", paid, "--json"), ("sandbox", "fail", failed, "--json")]
    )
    assert "is paid" in release.out
    assert {"state": "paid", "changed": True}.items() <= json.loads(pay.out).items()
    assert {"state": "failed", "changed": True}.items() <= json.loads(fail.out).items()
    first = cli.json("sandbox", "return", paid, "4.00")
    assert (first["returned"], first["changed"]) == ("4.00", True)
    assert "nothing has changed" in cli("sandbox", "return", paid, "4.00", "--number", 1).out

    refusals = {
        ("fail", paid): "has paid this payout already",
        ("pay", failed): "has refused this payout already",
        ("release", paid): "is not holding this payout",
        ("return", failed, "1.00"): "is not paid",
        ("return", paid, "5.00", "--number", 1): "recorded with another amount",
        ("return", paid, "6.75"): "more would come back than was paid",
        ("return", paid, "1e3"): "1e3 is not an amount",
    }
    for said, expected in zip(
        cli.refusals([("sandbox", *words) for words in refusals]), refusals.values(), strict=True
    ):
        assert expected in said
    assert cli.json("sandbox", "return", paid, "6.74")["returned"] == "10.74"
    history = cli.json("payout", "show", paid)
    assert [(back["number"], back["amount"]) for back in history["returns"]] == [("R1", "4.00"), ("R2", "6.74")]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1968582687224500224", 1968582687224500224),
        ("PO1968582687224500224", 1968582687224500224),
        ("POD1968582687224500224", 1968582687224500224),
        ("TF0000000196BR8582687224500224", 1968582687224500224),
        (str(MAX_ID), MAX_ID),
        (str(MAX_ID + 1), None),
        ("0", None),
        ("", None),
        ("-5", None),
        ("1e3", None),
        ("OUT1968582687224500224A1", None),
        ("１９６８", None),
        ("9" * 41, None),
    ],
)
def test_the_number_in_an_id(text: str, number: int | None) -> None:
    assert payout_number(text) == number
