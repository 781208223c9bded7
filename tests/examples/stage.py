"""Who sends the printed requests: accounts whose names, money and fees make the printed answers true.

An account under review keeps its payouts in the first state for as long as a test likes, so that a printed "status 1"
or "INITIATED" can be asked for without a race. Each account is opened when it is first needed.

The trap: accounts are opened beside the server, in this process, because fifty commands would take a minute; what
merchants do goes over HTTP and is signed by their own software.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from outlay.cli.common import with_runtime
from outlay.core.currencies import EXPONENTS
from outlay.core.fees import FeePlan
from outlay.dialects import all_dialects
from outlay.process.settings import Settings
from outlay.service.operator.accounts import open_account, set_fee
from outlay.service.operator.credentials import issue_credential
from outlay.service.operator.fund_account import fund_account
from outlay.service.runtime import Runtime
from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.teemopay.orders import WAYS, currencies_of, first_way, order_in
from tests.e2e.merchants import Merchant
from tests.e2e.observer import observing, wait_for
from tests.e2e.server import Server

PLENTY = 10_000_000
LESSPAY_CURRENCIES = ("PHP", "USDT", "IDR", "KES", "NGN", "VND", "JPY", "THB", "BRL", "PKR")
FIXED_FEE = 5
# What the printed query answers show beside a fixed 5.00: 300.11 costs 20.01 and 1000.00 costs 55.00 in Brazil; 1000.00
# costs 15.00 elsewhere.
RATES_PPM = {"BR": 50_000}
OTHER_RATE_PPM = 10_000
SYSTEM = "System"
"""Who has made a transfer, as the pages print it."""

Make = Callable[[Runtime], Any]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """How to open one. `funds` and `fixed`: whole units of each currency."""

    name: str = "Printed"
    country: str
    dialects: Sequence[str] = ()
    currencies: Sequence[str] = ()
    funds: int = PLENTY
    rate_ppm: int | None = None
    parent: str | None = None
    is_reviewed: bool = False
    holder: str | None = None


class Family(msgspec.Struct, frozen=True):
    """A merchant and the account that is connected to its own."""

    master: Merchant
    connected_id: str
    connected_short: str


class Stage:
    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self._folder = folder
        self._made: dict[str, Any] = {}

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What has this name, made at the first time that it is asked for."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def open(self, account: Account) -> Merchant:
        async def work(runtime: Runtime, _settings: Settings) -> tuple[str, dict[str, Mapping[str, str]]]:
            return await _open(runtime, account)

        account_id, keys = with_runtime(self.server.data, work)
        return Merchant(self.server, self._folder, account_id, keys)

    # -- LessPay --------------------------------------------------------------------------------------------------

    @property
    def lesspay(self) -> Merchant:
        account = Account(country="PH", dialects=["lesspay"], currencies=LESSPAY_CURRENCIES)
        merchant: Merchant = self.once("lesspay", lambda: self.open(account))
        return merchant

    # -- TeemoPay -------------------------------------------------------------------------------------------------

    def teemopay(self, country: str, purpose: str = "") -> TeemoPayMerchant:
        """For each purpose another one. What is `reviewed` waits for ever."""
        account = Account(
            country=country,
            dialects=["teemopay"],
            currencies=currencies_of(country),
            rate_ppm=RATES_PPM.get(country, OTHER_RATE_PPM),
            is_reviewed=purpose == "reviewed",
        )
        merchant: Merchant = self.once(f"teemopay {country} {purpose}", lambda: self.open(account))
        return merchant.teemopay

    def short_of_money(self, country: str) -> TeemoPayMerchant:
        """It has one unit of each currency."""
        account = Account(country=country, dialects=["teemopay"], currencies=currencies_of(country), funds=1)
        return self.open(account).teemopay

    def without_account(self, country: str) -> TeemoPayMerchant:
        """An application whose account is gone. No command takes an account away; the row is."""
        merchant = self.open(Account(country=country, dialects=["teemopay"]))
        teemopay = merchant.teemopay
        teemopay.ask(teemopay.BALANCE, {})
        with observing(self.server) as observer:
            observer.rows(f"delete from accounts where account_id = '{merchant.account_id}'")
        return teemopay

    def ordered(
        self, country: str, currency: str, amount: str, *, status: int, purpose: str = ""
    ) -> tuple[TeemoPayMerchant, str]:
        """An order of this amount that has come to this status: its merchant and its number."""
        teemopay = self.teemopay(country, purpose)
        ways = WAYS[country]
        way = next((name for name in ways if ways[name].currency == currency), first_way(country))
        is_whole = "." not in ways[way].amount
        body = order_in(country, way, amount=amount.partition(".")[0] if is_whole else amount)
        reference: str = teemopay.create(body)["merchantOrderNo"]
        wait_for(lambda: teemopay.query(reference)["status"] == status)
        return teemopay, reference

    def returned_by_decision(self) -> tuple[TeemoPayMerchant, str]:
        """1000.00 BRL that were paid and came back in two halves, because somebody decided so."""
        teemopay, reference = self.ordered("BR", "BRL", "1000.00", status=2)
        for _ in range(2):
            self.server.cli("sandbox", "return", reference, "500.00", "--by-decision")
        wait_for(lambda: teemopay.query(reference)["status"] == 4)
        return teemopay, reference

    # -- UQPAY ----------------------------------------------------------------------------------------------------

    def uqpay(self, name: str = "", currencies: Sequence[str] = ("SGD", "USD"), funds: int = PLENTY) -> Merchant:
        """Its payouts wait for a reviewer. Another name is another merchant, that nobody else has ordered with."""
        account = Account(
            name="UQPAY PTE. LTD.",
            country="SG",
            dialects=["uqpay"],
            currencies=currencies,
            funds=funds,
            is_reviewed=True,
        )
        merchant: Merchant = self.once(f"uqpay {name}", lambda: self.open(account))
        return merchant

    def family(self, purpose: str, master_name: str, name: str) -> Family:
        """A master with money, and one connected account in the United States. For each purpose another one."""
        family: Family = self.once(f"family {purpose} {name}", lambda: self._open_family(master_name, name))
        return family

    def _open_family(self, master_name: str, name: str) -> Family:
        master = self.open(
            Account(name=master_name, country="SG", dialects=["uqpay"], currencies=["SGD", "USD"], holder=SYSTEM)
        )
        connected = self.open(Account(name=name, country="US", parent=master.account_id))
        shown = self.server.cli.json("account", "show", connected.account_id)
        return Family(master, connected.account_id, shown["short_id"])


async def _open(runtime: Runtime, account: Account) -> tuple[str, dict[str, Mapping[str, str]]]:
    opened: Any = await open_account(
        runtime,
        name=account.name,
        country=account.country,
        parent_id=UUID(account.parent) if account.parent else None,
        needs_review=account.is_reviewed,
    )
    for currency in account.currencies:
        unit = 10 ** EXPONENTS[currency]
        await fund_account(runtime, opened.account_id, currency, account.funds * unit, f"start {currency}")
        if account.rate_ppm is not None:
            await set_fee(runtime, opened.account_id, currency, FeePlan(FIXED_FEE * unit, account.rate_ppm))
    keys = {}
    for name in account.dialects:
        issued: Any = await issue_credential(runtime, all_dialects()[name], opened.account_id, None, account.holder)
        keys[name] = issued.shown
    return str(opened.account_id), keys
