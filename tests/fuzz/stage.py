"""A server with something of everything on it, before the first spoiled request goes out: a schema fuzzer over an empty
database finds nothing.

One merchant with keys in every API, its connected account, and whatever other accounts an API needs (`attacks`);
money in several currencies; payouts in every state (waiting for review, approved, rejected, cancelled, expired, sent,
held, paid, failed, returned in full, in two parts, by half), and whatever else can be made.

The trap: accounts are opened and reviewed beside the server, in this process, because a command for each of fifty steps
would take a minute; what merchants do goes over HTTP.
"""

from __future__ import annotations

import asyncio
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
from tests.apis.found import all_names, documented_of
from tests.e2e.checker import Books
from tests.e2e.merchants import of_each_currency
from tests.e2e.server import Server, wait_until
from tests.fuzz.attacks import Waiting, attack_of
from tests.fuzz.drafts import Draft
from tests.fuzz.senders import Keys, api_of, send, signed
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
        """Who signs to account."""
        self.funded: dict[tuple[str, str], int] = {}
        self.offset_ms = 0
        self.account_id = ""
        self.sub_account_id = ""
        self.sub_account_short = ""
        self.payouts: list[int] = []
        """Ids on the master's account, through whichever API they were ordered."""
        self.pools = {name: attack_of(name).pools() for name in all_names()}

    def secrets(self) -> set[str]:
        """What no answer may hold: each line of a private key counts."""
        found: set[str] = set()
        for who, keys in self.keys.items():
            found |= documented_of(api_of(who)).software(keys.shown, self._folder).secrets | {keys.token}
        return {secret for secret in found if len(secret) > 8}

    def ask(self, draft: Draft) -> Any:
        """The document of an answer that must be a success."""
        answer = send(self.server.base_url, signed(draft, self.keys[draft.who]))
        assert documented_of(api_of(draft.who)).is_success(answer), (draft, answer)
        return answer.json()

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
        for waiting in await asyncio.to_thread(_play, stage):
            await _review(stage, runtime, waiting)
        await change_account(runtime, UUID(stage.account_id), needs_review=False)
    await asyncio.to_thread(_look_around, stage)


async def _open_accounts(stage: Stage, runtime: Runtime) -> None:
    currencies = dict.fromkeys((*MASTER_CURRENCIES, *of_each_currency(None)))
    master = await _account(stage, runtime, "BR", tuple(currencies), needs_review=True)
    sub = await _account(stage, runtime, "BR", ("BRL", "SGD", "JPY"), parent_id=master.account_id)
    stage.account_id = str(master.account_id)
    stage.sub_account_id, stage.sub_account_short = str(sub.account_id), short_id(sub.account_id)
    for name in all_names():
        attack = attack_of(name)
        await _issue(stage, runtime, name, master.account_id, attack.who, attack.holder)
        for who in attack.also:
            stage.keys[who] = stage.keys[attack.who]
        for who, (country, currencies) in attack.others.items():
            account = await _account(stage, runtime, country, currencies)
            await _issue(stage, runtime, name, account.account_id, who)


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


async def _issue(
    stage: Stage, runtime: Runtime, name: str, account_id: UUID, who: str, holder: str | None = None
) -> None:
    issued = await issue_credential(runtime, all_dialects()[name], account_id, holder=holder)
    assert isinstance(issued, IssuedCredential), issued
    key_file = None
    if "private_key_pem" in issued.shown:
        key_file = stage._folder / f"{issued.key_id}.pem"
        key_file.write_text(issued.shown["private_key_pem"])
    stage.keys[who] = Keys(issued.shown, key_file)
    stage.accounts[who] = str(account_id)


# -- what merchants do ------------------------------------------------------------------------------------------------


def _play(stage: Stage) -> list[Waiting]:
    """While the master needs review: orders for the reviewer."""
    for name in all_names():
        attack_of(name).begin(stage)
    return [wait(stage, Random("stage")) for name in all_names() if (wait := attack_of(name).wait) is not None]


async def _review(stage: Stage, runtime: Runtime, waiting: Waiting) -> None:
    """One of the first five goes on waiting."""
    account_id = UUID(stage.account_id)
    approved, rejected, *cancelled = waiting.payouts[:4]
    told = [
        await review_order(runtime, account_id, Approve("reviewer"), payout_id=approved),
        await review_order(runtime, account_id, Reject("reviewer", "not ours"), payout_id=rejected),
        *[await review_order(runtime, account_id, Approve("reviewer"), batch_id=each) for each in waiting.batches],
    ]
    assert all(isinstance(each, tuple) for each in told), told
    for payout_id in cancelled:
        await cancel_order(runtime, account_id, Cancel("ana"), payout_id=payout_id)


def _look_around(stage: Stage) -> None:
    """Without review from here on: every story of the bank in every API, and the lists of what there is."""
    for name in all_names():
        attack_of(name).play(stage, Random("stage, second part"))
    stage.settle()
    _wait_for_expiry(stage)
    for name in all_names():
        attack_of(name).look(stage, Random(1))


def _wait_for_expiry(stage: Stage) -> None:
    sql = "select count(*) from payouts where state = 'expired'"
    wait_until(lambda: stage.books.rows(sql)[0][0] > 0, PATIENCE_S, "an order has expired")
