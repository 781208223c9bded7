"""A server with something of everything on it, before the first spoiled request goes out: a schema fuzzer over an empty
database finds nothing.

One merchant with keys in every API, its connected account, and an account in each of TeemoPay's other countries; money
in several currencies; payouts in every state (waiting for review, approved, rejected, cancelled, expired, sent, held,
paid, failed, returned in full, in two parts, by half), a batch, bank accounts and transfers.

The trap: accounts are opened and reviewed beside the server, in this process, because a command for each of fifty steps
would take a minute; what merchants do goes over HTTP.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from outlay.cli.common import read_settings
from outlay.core.account import Account, short_id
from outlay.core.currencies import EXPONENTS
from outlay.core.events import Approve, Cancel, Reject
from outlay.core.fees import FeePlan
from outlay.dialects import all_dialects
from outlay.postgres import open_database
from outlay.process.run import open_runtime
from outlay.service.operator.accounts import change_account, open_account, set_fee
from outlay.service.operator.cancel_order import cancel_order
from outlay.service.operator.credentials import issue_credential
from outlay.service.operator.fund_account import Funded, fund_account
from outlay.service.operator.reviews import review_order
from outlay.service.runtime import Runtime
from outlay.wire.dialect import IssuedCredential
from tests.e2e.checker import Books
from tests.e2e.server import Server, wait_until
from tests.fuzz import shapes_lesspay, shapes_teemopay, shapes_uqpay
from tests.fuzz.drafts import Draft, Target
from tests.fuzz.senders import Keys, send, signed
from tests.support.superuser import superuser_url

MASTER_CURRENCIES = ("BRL", "PHP", "USD", "JPY", "USDT", "SGD")
FUNDS_MAJOR = 10_000_000
ENDINGS = ("00", "61", "69", "71", "73", "74", "75", "81", "82", "83", "85")
"""Of amounts: what the sandbox's bank does with them."""
UNDER_WAY = """
select (select count(*) from payouts where state = 'reserved')
    + (select count(*) from attempts where state in ('begun', 'unknown'))
    + (select count(*) from payouts where state = 'processing' and rail = 'internal')
    + (select count(*) from bank_messages where due_ms < 1000 * extract(epoch from now()) + 60000)
    + (select count(*) from transfers where credited_ms is null)
"""
"""But for what waits for a hand, or for hours."""
PATIENCE_S = 90.0


class Stage:
    """What the shapes choose from, the keys to sign with, and the money that came in."""

    def __init__(self, server: Server, folder: Path, books: Books) -> None:
        self.server = server
        self.books = books
        self._folder = folder
        self.keys: dict[str, Keys] = {}
        self.accounts: dict[str, str] = {}
        """TeemoPay's country to account."""
        self.funded: dict[tuple[str, str], int] = {}
        self.offset_ms = 0
        self.account_id = ""
        self.sub_account_id = ""
        self.sub_account_short = ""
        self.lesspay_orders: list[tuple[str, str]] = []
        self.teemopay_orders: list[tuple[str, str]] = []
        self.teemopay_cursors: list[str] = []
        self.uqpay_payouts: list[str] = []
        self.bank_accounts: list[str] = []
        self.transfers: list[str] = []

    def secrets(self) -> set[str]:
        """What no answer may hold: each line of a private key counts."""
        found: set[str] = set()
        for keys in self.keys.values():
            found |= {keys.shown.get(name, "") for name in ("app_secret", "api_key", "webhook_secret")} | {keys.token}
            found |= set(keys.shown.get("private_key_pem", "").splitlines()[1:-1])
        return {secret for secret in found if len(secret) > 8}

    def ask(self, draft: Draft) -> Any:
        """The document of an answer that must be a success."""
        answer = send(self.server.base_url, signed(draft, self.keys[draft.who]))
        document = answer.json()
        assert answer.status == 200, (draft, document)
        assert document.get("code", 0) in (0, 200), (draft, document)
        return document

    def settle(self) -> None:
        """Until nothing moves any more but what is held by hand."""
        wait_until(lambda: self.books.rows(UNDER_WAY)[0][0] == 0, PATIENCE_S, "every payout has ended")


@contextmanager
def staged(server: Server, folder: Path) -> AbstractContextManager[Stage]:  # type: ignore[misc]
    """A stage on this running server; keys are kept in `folder`."""
    with open_database(None, server.data, own="attach-or-own") as opened:
        stage = Stage(server, folder, Books(superuser_url(server.data)))
        asyncio.run(_prepare(stage, opened.endpoint.url))
        yield stage


async def _prepare(stage: Stage, url: str) -> None:
    async with open_runtime(read_settings(stage.server.data), url) as runtime:
        await _open_accounts(stage, runtime)
        await asyncio.to_thread(_play, stage)
        await _review(stage, runtime)
    await asyncio.to_thread(_look_around, stage)


async def _open_accounts(stage: Stage, runtime: Runtime) -> None:
    master = await _account(stage, runtime, "BR", MASTER_CURRENCIES, needs_review=True)
    sub = await _account(stage, runtime, "BR", ("BRL", "SGD", "JPY"), parent_id=master.account_id)
    stage.account_id = stage.accounts["BR"] = str(master.account_id)
    stage.sub_account_id, stage.sub_account_short = str(sub.account_id), short_id(sub.account_id)
    for name in all_dialects():
        await _issue(stage, runtime, name, master.account_id, {"teemopay": "teemopay BR"}.get(name, name))
    for country, row in shapes_teemopay.COUNTRIES.items():
        if country != "BR":
            account = await _account(stage, runtime, country, row.currencies)
            stage.accounts[country] = str(account.account_id)
            await _issue(stage, runtime, "teemopay", account.account_id, f"teemopay {country}")
    stage.keys["uqpay opening"] = stage.keys["uqpay"]


async def _account(stage: Stage, runtime: Runtime, country: str, currencies: Sequence[str], **options: Any) -> Account:
    account = await open_account(runtime, name=f"Fuzz {country}", country=country, **options)
    assert isinstance(account, Account), account
    for currency in currencies:
        minor = FUNDS_MAJOR * 10 ** EXPONENTS[currency]
        funded = await fund_account(runtime, account.account_id, currency, minor, f"start {currency}")
        assert isinstance(funded, Funded), funded
        stage.funded[str(account.account_id), currency] = minor
        await set_fee(runtime, account.account_id, currency, FeePlan(7, 12_345))
    return account


async def _issue(stage: Stage, runtime: Runtime, name: str, account_id: UUID, who: str) -> None:
    issued = await issue_credential(
        runtime, all_dialects()[name], account_id, holder="ana" if name == "lesspay" else None
    )
    assert isinstance(issued, IssuedCredential), issued
    key_file = None
    if "private_key_pem" in issued.shown:
        key_file = stage._folder / f"{issued.key_id}.pem"
        key_file.write_text(issued.shown["private_key_pem"])
    stage.keys[who] = Keys(issued.shown, key_file)


# -- what merchants do ------------------------------------------------------------------------------------------------


def _play(stage: Stage) -> None:
    """While the master needs review: five orders for the reviewer, and one that will expire."""
    document = stage.ask(Draft("POST", "/api/v1/connect/token", "uqpay opening", raw=b""))
    stage.keys["uqpay"] = Keys(stage.keys["uqpay"].shown, token=document["auth_token"])
    rng = Random("stage")
    for ordinal in range(6):
        draft = shapes_lesspay.CREATE.valid(rng, stage)
        assert draft.body is not None
        draft.body["amount"] = draft.body["amount"][:-2] + "00"
        if ordinal == 5:
            draft.body["expired_time"] = 1
        _order_in_lesspay(stage, draft)
    _order_in_lesspay(stage, shapes_lesspay.BATCH.valid(rng, stage))


def _order_in_lesspay(stage: Stage, draft: Draft) -> None:
    assert draft.body is not None
    made = stage.ask(draft)
    stage.lesspay_orders.append((draft.body["request_id"], made["data"]["pay_order_id"]))
    if draft.path == shapes_lesspay.CREATE.path:
        stage.uqpay_payouts.append(made["data"]["pay_order_id"])


async def _review(stage: Stage, runtime: Runtime) -> None:
    """One of the first five goes on waiting."""
    account_id = UUID(stage.account_id)
    ids = [int(pay_order_id.removeprefix("PO")) for _, pay_order_id in stage.lesspay_orders]
    approved = await review_order(runtime, account_id, Approve("reviewer"), payout_id=ids[0])
    rejected = await review_order(runtime, account_id, Reject("reviewer", "not ours"), payout_id=ids[1])
    batch = await review_order(runtime, account_id, Approve("reviewer"), batch_id=ids[6])
    assert isinstance(approved, tuple)
    assert isinstance(rejected, tuple)
    assert isinstance(batch, tuple)
    for payout_id in (ids[2], ids[3]):
        await cancel_order(runtime, account_id, Cancel("ana"), payout_id=payout_id)
    await change_account(runtime, account_id, needs_review=False)


def _look_around(stage: Stage) -> None:
    """Without review from here on: every story of the bank in every API, and the lists of what there is."""
    rng = Random("stage, second part")
    for ending in ENDINGS:
        draft = shapes_lesspay.CREATE.valid(rng, stage)
        assert draft.body is not None
        draft.body["amount"] = draft.body["amount"][:-2] + ending
        _order_in_lesspay(stage, draft)
    _order_in_lesspay(stage, shapes_lesspay.BATCH.valid(rng, stage))
    for target in shapes_teemopay.CREATES:
        for ending in ENDINGS:
            _order_in_teemopay(stage, target, rng, ending)
    for target in shapes_uqpay.TARGETS:
        if target.made_in is not None and target.made_id is not None and "{" not in target.path:
            made = [target.made_id(stage.ask(target.valid(rng, stage))) for _ in range(8)]
            pool = {"payouts": stage.uqpay_payouts, "bank_accounts": stage.bank_accounts, "transfers": stage.transfers}
            pool[target.made_in] += made
    stage.settle()
    _wait_for_expiry(stage)
    for page in _teemopay_pages(stage):
        if cursor := page["pageIndex"]:
            stage.teemopay_cursors.append(cursor)
    # Payouts on the connected account are not the master's to see.
    stage.uqpay_payouts = [each for each in stage.uqpay_payouts if _is_masters(stage, int(each.removeprefix("PO")))]
    stage.bank_accounts = [each for each in stage.bank_accounts if _bank_account_is_masters(stage, each)]


def _order_in_teemopay(stage: Stage, target: Target, rng: Random, ending: str) -> None:
    draft = target.valid(rng, stage)
    assert draft.body is not None
    amount = draft.body["amount"]
    draft.body["amount"] = amount[:-2] + ending if "." in amount else amount[:-2] + ending.rjust(2, "0")
    stage.ask(draft)
    stage.teemopay_orders.append((draft.who.partition(" ")[2], draft.body["merchantOrderNo"]))


def _teemopay_pages(stage: Stage) -> list[dict[str, Any]]:
    draft = next(target for target in shapes_teemopay.TARGETS if target.name == "teemopay list").valid(Random(1), stage)
    assert draft.body is not None
    now = time.gmtime(time.time() - 3 * 3600)
    draft.who = "teemopay BR"
    draft.body = {
        "type": "PAYOUT",
        "pageSize": 2,
        "beginTime": time.strftime("%Y-%m-%d 00:00:00.000", time.gmtime(time.time() - 30 * 3600)),
        "endTime": time.strftime("%Y-%m-%d %H:%M:%S.999", now),
    }
    pages = []
    for _ in range(3):
        page = stage.ask(draft)["data"]
        pages.append(page)
        if page["pageIndex"] is None:
            break
        draft.body["pageIndex"] = page["pageIndex"]
    return pages


def _wait_for_expiry(stage: Stage) -> None:
    sql = "select count(*) from payouts where state = 'expired'"
    wait_until(lambda: stage.books.rows(sql)[0][0] > 0, PATIENCE_S, "an order has expired")


def _is_masters(stage: Stage, payout_id: int) -> bool:
    sql = "select 1 from payouts where account_id = $1 and payout_id = $2"
    return bool(stage.books.rows(sql, UUID(stage.account_id), payout_id))


def _bank_account_is_masters(stage: Stage, bank_account_id: str) -> bool:
    path = "/api/v2/payment/bankaccount/{id}"
    draft = Draft("GET", path, "uqpay", parameters={"id": bank_account_id}, content_type=None)
    answer = send(stage.server.base_url, signed(draft, stage.keys["uqpay"]))
    return answer.status == 200
