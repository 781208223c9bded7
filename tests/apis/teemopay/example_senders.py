"""Who sends TeemoPay's printed requests: an application for each country, and orders in a printed status."""

from __future__ import annotations

from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.teemopay.orders import WAYS, currencies_of, first_way, order_in
from tests.e2e.merchants import Merchant
from tests.e2e.observer import observing, wait_for
from tests.examples.stage import Account, Stage

# What the printed query answers show beside a fixed 5.00: 300.11 costs 20.01 and 1000.00 costs 55.00 in Brazil; 1000.00
# costs 15.00 elsewhere.
RATES_PPM = {"BR": 50_000}
OTHER_RATE_PPM = 10_000


def sender(stage: Stage, country: str, purpose: str = "") -> TeemoPayMerchant:
    """For each purpose another one. What is `reviewed` waits for ever."""
    account = Account(
        country=country,
        dialects=["teemopay"],
        currencies=currencies_of(country),
        rate_ppm=RATES_PPM.get(country, OTHER_RATE_PPM),
        is_reviewed=purpose == "reviewed",
    )
    merchant: Merchant = stage.once(f"teemopay {country} {purpose}", lambda: stage.open(account))
    return merchant.teemopay


def short_of_money(stage: Stage, country: str) -> TeemoPayMerchant:
    """It has one unit of each currency."""
    account = Account(country=country, dialects=["teemopay"], currencies=currencies_of(country), funds=1)
    return stage.open(account).teemopay


def without_account(stage: Stage, country: str) -> TeemoPayMerchant:
    """An application whose account is gone. No command takes an account away; the row is."""
    merchant = stage.open(Account(country=country, dialects=["teemopay"]))
    teemopay = merchant.teemopay
    teemopay.ask(teemopay.BALANCE, {})
    with observing(stage.server) as observer:
        observer.rows(f"delete from accounts where account_id = '{merchant.account_id}'")
    return teemopay


def ordered(
    stage: Stage, country: str, currency: str, amount: str, *, status: int, purpose: str = ""
) -> tuple[TeemoPayMerchant, str]:
    """An order of this amount that has come to this status: its merchant and its number."""
    teemopay = sender(stage, country, purpose)
    ways = WAYS[country]
    way = next((name for name in ways if ways[name].currency == currency), first_way(country))
    is_whole = "." not in ways[way].amount
    body = order_in(country, way, amount=amount.partition(".")[0] if is_whole else amount)
    reference: str = teemopay.create(body)["merchantOrderNo"]
    wait_for(lambda: teemopay.query(reference)["status"] == status)
    return teemopay, reference


def returned_by_decision(stage: Stage) -> tuple[TeemoPayMerchant, str]:
    """1000.00 BRL that were paid and came back in two halves, because somebody decided so."""
    teemopay, reference = ordered(stage, "BR", "BRL", "1000.00", status=2)
    for _ in range(2):
        stage.server.cli("sandbox", "return", reference, "500.00", "--by-decision")
    wait_for(lambda: teemopay.query(reference)["status"] == 4)
    return teemopay, reference
