"""Orders that wait for a reviewer, cancelled orders, and batches: by command, beside the server that executes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.cli_support import Cli, Merchant, any_dialect, wait_for

pytestmark = pytest.mark.slow

STRANGER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def merchant(cli: Cli) -> Merchant:
    """Its payouts wait for a reviewer; Alice keeps its credential."""
    return Merchant(cli, any_dialect(), "--review", holder="Alice Lim")


def waiting(cli: Cli, merchant: Merchant) -> dict[str, dict[str, Any]]:
    """What waits on this account, by the reference of the order."""
    listed = cli.json("review", "list", "--account", merchant.account_id)["orders"]
    return {order["reference"]: order for order in listed}


def shown(cli: Cli, order_id: object, is_ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    def look() -> Any:
        found = cli.json("payout", "show", order_id)
        return found if is_ready(found) else None

    found: dict[str, Any] = wait_for(look)
    return found


def ordered(cli: Cli, merchant: Merchant, amount: str) -> dict[str, Any]:
    """A payout ordered over HTTP, as it waits."""
    reference = merchant.new_reference()
    answer = merchant.order(amount, reference)
    assert answer.status == 200, answer.body
    return waiting(cli, merchant)[reference]


def test_a_payout_waits_until_somebody_else_than_its_orderer_approves_it(cli: Cli, merchant: Merchant) -> None:
    order = ordered(cli, merchant, "100.00")
    payout_id = order["order_id"]
    assert (order["ordered_by"], order["count"], order["total"], order["is_batch"]) == ("Alice Lim", 1, "100.00", False)
    assert order["payout_ids"] == [payout_id]
    held = cli.json("payout", "show", payout_id)
    assert (held["state"], held["review"], held["ordered_by"]) == ("in_review", "pending", "Alice Lim")
    table = cli("review", "list", "--account", merchant.account_id).out
    assert payout_id in table
    assert "Alice Lim" in table

    approve = ("review", "approve", payout_id)
    assert "alice lim ordered" in cli.refusal(*approve, "--by", "alice lim")
    assert "Alice Lim ordered" in cli.refusal(*approve, "--by", " Alice Lim ")
    assert "ordered" in cli.refusal(*approve, "--by", "\uff21lice\u00a0 Li\u200bm")
    assert cli.json("payout", "show", payout_id)["state"] == "in_review"
    done = cli.json(*approve, "--by", "Bob", "--why", "invoice [b]17[/b]")
    assert done == {
        "order_id": payout_id,
        "account_id": merchant.account_id,
        "result": "approved",
        "by": "Bob",
        "why": "invoice [b]17[/b]",
        "currency": merchant.currency,
        "total": "100.00",
        "payout_ids": [payout_id],
    }
    assert "nothing of it waits" in cli.refusal(*approve, "--by", "Bob")
    paid = shown(cli, payout_id, lambda found: bool(found["state"] == "paid"))
    assert paid["review"] == "approved"
    approval = next(fact for fact in paid["facts"] if fact["kind"] == "approved")
    assert approval["data"] == {"by": "Bob", "text": "invoice [b]17[/b]"}
    text = cli("payout", "show", payout_id).out
    assert "invoice [b]17[/b]" in text
    assert "approved" in text
    assert order["reference"] not in waiting(cli, merchant)


def test_a_rejected_payout_fails_and_its_money_is_available_again(cli: Cli, merchant: Merchant) -> None:
    before = balance(cli, merchant)
    order = ordered(cli, merchant, "40.00")
    assert balance(cli, merchant)["held"] == "40.00"
    # By the merchant's own reference, and in words.
    reject = ("review", "reject", order["reference"], "--account", merchant.account_id)
    assert "rejected by Bob" in cli(*reject, "--by", "Bob", "--why", "unknown supplier").out
    found = cli.json("payout", "show", order["order_id"])
    assert (found["state"], found["review"]) == ("failed", "rejected")
    assert found["failure"] == {"reason": "review_rejected", "text": "unknown supplier"}
    assert balance(cli, merchant) == before
    twice, too_late = cli.refusals(
        [
            (*reject, "--by", "Bob", "--why", "again"),
            ("review", "approve", order["order_id"], "--by", "Bob"),
        ]
    )
    assert "nothing of it waits" in twice
    assert "nothing of it waits" in too_late


def balance(cli: Cli, merchant: Merchant) -> dict[str, str]:
    (found,) = cli.json("account", "show", merchant.account_id)["balances"]
    return {"available": found["available"], "held": found["held"]}


def test_a_batch_is_one_order_to_the_reviewer(cli: Cli, merchant: Merchant) -> None:
    batch = merchant.order_batch(5000, 2071, 1063, by="Alice")
    row = waiting(cli, merchant)[batch.reference]
    assert (row["is_batch"], row["count"], row["count_in_all"], row["total"]) == (True, 3, 3, "81.34")
    assert row["order_id"] == str(batch.order_id)
    assert 3500 < row["expires_in_s"] <= 3600
    text = cli("review", "list", "--account", merchant.account_id).out
    assert "3 of 3" in text
    assert "81.34" in text

    # One of it by its own id, then the rest by the batch's.
    first, *rest = (str(payout.payout_id) for payout in batch.payouts)
    rejected = cli.json("review", "reject", f"POD{first}", "--by", "Bob", "--why", "no invoice")
    assert rejected["payout_ids"] == [first]
    assert waiting(cli, merchant)[batch.reference]["count"] == 2
    assert "2 of 3" in cli("review", "list", "--account", merchant.account_id).out
    assert "Alice ordered" in cli.refusal("review", "approve", f"PO{batch.order_id}", "--by", "Alice")
    approved = cli.json("review", "approve", batch.reference, "--by", "Bob", "--account", merchant.account_id)
    assert (approved["payout_ids"], approved["total"]) == (rest, "31.34")
    assert "nothing of it waits" in cli.refusal("review", "approve", batch.order_id, "--by", "Bob")

    after = shown(cli, f"PO{batch.order_id}", lambda found: bool(found["standings"].keys() == {"failed"}))
    assert after["standings"] == {"failed": {"count": 3, "amount": "81.34"}}
    assert (after["count"], after["total"], after["reference"]) == (3, "81.34", batch.reference)
    assert [payout["payout_id"] for payout in after["payouts"]] == [first, *rest]
    by_reference = cli("payout", "show", batch.reference, "--account", merchant.account_id).out
    assert all(text in by_reference for text in (str(batch.order_id), first, *rest, "81.34"))
    assert cli.json("payout", "show", first)["batch_id"] == str(batch.order_id)


def test_what_was_not_sent_yet_can_be_cancelled(cli: Cli, merchant: Merchant) -> None:
    before = balance(cli, merchant)
    payout_id = ordered(cli, merchant, "60.00")["order_id"]
    done = cli.json("payout", "cancel", payout_id, "--by", "Bob", "--why", "typed twice")
    assert done["changed"] is True
    assert [payout["state"] for payout in done["payouts"]] == ["cancelled"]
    assert balance(cli, merchant) == before
    assert "nothing has changed" in cli("payout", "cancel", payout_id, "--by", "Bob").out
    facts = cli.json("payout", "show", payout_id)["facts"]
    assert [fact["data"] for fact in facts if fact["kind"] == "cancelled"] == [{"by": "Bob", "text": "typed twice"}]
    assert "nothing of it waits" in cli.refusal("review", "approve", payout_id, "--by", "Bob")


def test_of_a_batch_all_is_cancelled_that_can_still_be(cli: Cli, merchant: Merchant) -> None:
    batch = merchant.order_batch(5074, 1000, 2000)
    sent = str(batch.payouts[0].payout_id)
    cli("review", "approve", sent, "--by", "Bob")
    shown(cli, sent, lambda found: bool(found["state"] == "processing"))
    cancel = ("payout", "cancel", batch.order_id, "--by", "Bob")
    text = cli(*cancel).out
    assert "2 of 3 cancelled" in text
    assert "too late for 1" in text
    again = cli.json(*cancel)
    assert again["changed"] is False
    assert [payout["state"] for payout in again["payouts"]] == ["processing", "cancelled", "cancelled"]
    assert "it is too late" in cli.refusal("payout", "cancel", sent, "--by", "Bob")
    cli("sandbox", "pay", sent)
    assert "has ended already" in cli.refusal("payout", "cancel", sent, "--by", "Bob")


def test_orders_that_nobody_knows_are_refused_in_words(cli: Cli, merchant: Merchant) -> None:
    batch = merchant.order_batch(1000, 2000)
    commands: dict[tuple[object, ...], str] = {
        ("review", "list", "--account", STRANGER): "no such account",
        ("review", "approve", "nothing", "--by", "Bob"): "no payout has the id or reference nothing",
        ("review", "reject", "PO123", "--by", "Bob", "--why", "w"): "no payout has the id or reference PO123",
        ("review", "approve", batch.order_id, "--by", "Bob", "--account", STRANGER): "no payout on this account",
        ("payout", "cancel", batch.order_id, "--by", "Bob", "--account", STRANGER): "no payout on this account",
        ("sandbox", "pay", batch.order_id): "is a batch of 2 payouts; name one of them by its id",
    }
    for said, expected in zip(cli.refusals(commands), commands.values(), strict=True):
        assert expected in said
    cli("payout", "cancel", batch.order_id, "--by", "Bob")


def test_where_nothing_waits_the_list_says_so(cli: Cli) -> None:
    quiet = cli.json("account", "create", "Quiet", "--country", "BR")["account_id"]
    assert "nothing waits for a reviewer" in cli("review", "list", "--account", quiet).out
    assert json.loads(cli("review", "list", "--account", quiet, "--json").out) == {"orders": [], "unreadable": []}
