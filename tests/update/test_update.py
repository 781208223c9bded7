"""An update loses nothing: on what an earlier version left, every order repeated is the same payout, every key opens,
and the books hold.

`v*.json` are data folders as earlier versions wrote them, row by row (tests.update.write). They are made again with the
schema of that version, and a server of the present one starts on them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.apis.lesspay.merchant import LessPayMerchant
from tests.apis.software import Body
from tests.e2e.merchants import Merchant
from tests.e2e.observer import Observer, observing
from tests.e2e.raw_http import send
from tests.e2e.server import Server, quiet_folder, wait_until
from tests.store.rights_given import GIVEN, documented
from tests.update.old_folders import FOLDERS, put_back

pytestmark = pytest.mark.slow

ASKED_WITHIN_S = 90.0
"""Where the clock is behind the one that the folder was written by, a minute later than at once."""


class Updated:
    """A server of this version on what the earlier one left."""

    def __init__(self, server: Server, observer: Observer, left: Mapping[str, Any], folder: Path) -> None:
        self.server, self.observer, self.left = server, observer, left
        self.merchant = Merchant(server, folder, left["account_id"], left["keys"])

    def sent(self, api: str, *kinds: str) -> list[dict[str, Any]]:
        found = [each for each in self.left["sent"] if each["api"] == api and (not kinds or each["kind"] in kinds)]
        assert found
        return found

    def count(self) -> dict[str, int]:
        tables = ("payouts", "claims", "batches", "transfers", "bank_accounts", "postings")
        return {table: self.observer.rows(f"select count(*) from {table}")[0][0] for table in tables}


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda path: path.stem)
def updated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Updated]:
    left = json.loads(request.param.read_text("utf-8"))
    with quiet_folder() as folder:
        data = folder / "data"
        put_back(data, left)
        with Server(data) as server, observing(server) as observer:
            yield Updated(server, observer, left, tmp_path_factory.mktemp("keys"))


@pytest.fixture(autouse=True)
def _nothing_new(updated: Updated) -> Iterator[None]:
    """Whatever a test here sends again makes nothing."""
    before = updated.count()
    yield
    assert updated.count() == before
    assert updated.server.cli.json("ledger", "verify")["ok"] is True


def turned(value: Any) -> Any:
    """The same content with the members of every object in the other order."""
    if isinstance(value, dict):
        return {name: turned(item) for name, item in reversed(list(value.items()))}
    return [turned(item) for item in value] if isinstance(value, list) else value


def in_both_orders(order: Mapping[str, Any]) -> list[bytes]:
    text: str = order["body"]
    other = json.dumps(turned(json.loads(text)), ensure_ascii=False)
    assert other != text
    return [text.encode(), other.encode()]


def test_there_is_a_folder_of_an_earlier_version() -> None:
    assert FOLDERS


def lesspay_code(updated: Updated, merchant: LessPayMerchant, path: str, body: Body) -> int:
    code: int = send(updated.server.base_url, merchant.call(path, body)).json()["code"]
    return code


def test_a_lesspay_order_sent_again_in_any_order_of_its_members_is_a_repeat(updated: Updated) -> None:
    for order in updated.sent("lesspay", "payout", "batch"):
        as_it_was, turned_round = (
            lesspay_code(updated, updated.merchant.lesspay, order["path"], body) for body in in_both_orders(order)
        )
        assert as_it_was == 30011
        # What the earlier version kept of a batch knew the order of its details' members: "other content" is said then.
        assert turned_round in ((30010, 30011) if order["kind"] == "batch" else (30011,))
        changed = json.loads(order["body"]) | {"description": "another"}
        assert lesspay_code(updated, updated.merchant.lesspay, order["path"], changed) == 30010


def test_a_teemopay_order_sent_again_is_a_duplicate(updated: Updated) -> None:
    for order in updated.sent("teemopay"):
        for body in in_both_orders(order):
            assert updated.merchant.teemopay.code(order["path"], json.loads(body)) == 426


def test_a_uqpay_order_sent_again_is_the_same_one_in_any_spelling_of_its_key(updated: Updated) -> None:
    orders = updated.sent("uqpay")
    keys = [order["key"] for order in orders]
    for order in orders:
        twins = [key for key in keys if key.lower() == order["key"].lower()]
        spellings = {order["key"]} if len(twins) > 1 else {order["key"].lower(), order["key"].upper()}
        for key in spellings:
            for body in in_both_orders(order):
                again = updated.merchant.uqpay.post(order["path"], body, key=key)
                assert order["made"] in again.values(), (order["kind"], key)


def spelled_twice(sent: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The two orders that brought one key in two spellings."""
    by_key: dict[str, list[Mapping[str, Any]]] = {}
    for order in sent:
        by_key.setdefault(order["key"].lower(), []).append(order)
    (pair,) = [orders for orders in by_key.values() if len(orders) > 1]
    return pair


def test_an_early_version_took_two_spellings_of_one_key_for_two_and_a_later_one_for_one() -> None:
    made = {}
    for path in FOLDERS:
        sent = json.loads(path.read_text("utf-8"))["sent"]
        pair = spelled_twice(each for each in sent if (each["api"], each["kind"]) == ("uqpay", "payout"))
        made[path.stem] = len({order["made"] for order in pair})
    assert made == {"v0_1_0": 2, "v0_3_0": 1, "v0_4_1": 1, "v0_5_0": 1, "v0_6_0": 1}


def test_each_spelling_of_one_key_goes_on_naming_what_it_named(updated: Updated) -> None:
    for order in spelled_twice(updated.sent("uqpay", "payout")):
        made = updated.merchant.uqpay.post(order["path"], order["body"].encode(), key=order["key"])
        assert made["payout_id"] == order["made"]


def test_the_tables_change_hands_and_the_application_has_the_listed_rights(updated: Updated) -> None:
    owners = "select distinct relowner::regrole::text from pg_class where relnamespace = 'public'::regnamespace"
    assert updated.observer.rows(owners) == [("outlay_migrator",)]
    assert set(updated.observer.rows(GIVEN)) == documented()


def test_what_every_version_left_is_replayed_without_a_difference(updated: Updated) -> None:
    replayed = updated.server.cli.json("ledger", "verify", "--replay")["replay"]
    assert replayed["shown"] == []
    rows = updated.left["rows"]
    tables = ("payouts", "attempts", "returns", "postings", "balances")
    assert {table: replayed["rows"][table] for table in tables} == {table: len(rows[table]) for table in tables}
    # Since 0.6.0 the fact of a send tells all of it.
    assert (replayed["not_told"].get("attempts.sends", 0) > 0) is ("epochs" not in rows)


def test_every_order_is_found_and_every_key_opens(updated: Updated) -> None:
    for order in updated.sent("lesspay", "payout", "batch"):
        found = updated.merchant.lesspay.query(request_id=json.loads(order["body"])["request_id"])
        assert found["pay_order_id"] == order["made"]
    for order in updated.sent("teemopay"):
        assert updated.merchant.teemopay.query(json.loads(order["body"])["merchantOrderNo"])["tradeNo"] == order["made"]
    for order in updated.sent("uqpay", "payout"):
        assert updated.merchant.uqpay.get(updated.merchant.uqpay.PAYOUT + order["made"])["payout_id"] == order["made"]


def test_what_waits_still_waits_for_somebody_else_and_what_is_blocked_stays_blocked(
    updated: Updated, tmp_path: Path
) -> None:
    cli = updated.server.cli
    (order,) = updated.sent("lesspay", "review")
    assert "somebody else must approve" in cli.refusal("review", "approve", order["made"], "--by", "ALICE")
    (blocked,) = updated.left["rows"]["blocks"]
    keys = {"lesspay": updated.left["waiting_keys"]}
    merchant = Merchant(updated.server, tmp_path, blocked["account_id"], keys).lesspay
    wallet = {"ewallet_provider": "PIX", "account_type": "email", "account_number": blocked["number"].lower()}
    body = merchant.order("1.00")
    body["beneficiary"]["destination"]["e_wallet"] = wallet
    assert lesspay_code(updated, merchant, merchant.CREATE, body) == 9999
    assert cli.json("block", "list", blocked["account_id"])["blocked"][0]["number"] == blocked["number"]


def test_what_was_on_its_way_is_asked_about_and_from_now_on_noted_when(updated: Updated) -> None:
    before = ", ".join(str(row["due_ms"]) for row in updated.left["rows"]["work"])
    as_it_was = f"select count(*) from work where due_ms in ({before}) or noted_ms is null"
    wait_until(lambda: updated.observer.rows(as_it_was)[0][0] == 0, ASKED_WITHIN_S, "it is asked about")
    # A folder that knows epochs is in another server now: what is older than that is asked about besides.
    listed = {payout_id for (payout_id,) in updated.observer.rows("select payout_id from work")}
    assert {row["payout_id"] for row in updated.left["rows"]["work"]} <= listed
