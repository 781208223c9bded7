"""Who sends LessPay's printed requests."""

from __future__ import annotations

from tests.e2e.merchants import Merchant
from tests.examples.stage import Account, Stage

CURRENCIES = ("PHP", "USDT", "IDR", "KES", "NGN", "VND", "JPY", "THB", "BRL", "PKR")


def sender(stage: Stage) -> Merchant:
    account = Account(country="PH", dialects=["lesspay"], currencies=CURRENCIES)
    merchant: Merchant = stage.once("lesspay", lambda: stage.open(account))
    return merchant
