"""Who sends UQPAY's printed requests: merchants whose payouts wait for a reviewer, and families of accounts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tests.e2e.merchants import Merchant
from tests.examples.stage import PLENTY, Account, Stage

SYSTEM = "System"
"""Who has made a transfer, as the pages print it."""


class Family(msgspec.Struct, frozen=True):
    """A merchant and the account that is connected to its own."""

    master: Merchant
    connected_id: str
    connected_short: str


def sender(stage: Stage, name: str = "", currencies: Sequence[str] = ("SGD", "USD"), funds: int = PLENTY) -> Merchant:
    """Its payouts wait for a reviewer. Another name is another merchant, that nobody else has ordered with."""
    account = Account(
        name="UQPAY PTE. LTD.",
        country="SG",
        dialects=["uqpay"],
        currencies=currencies,
        funds=funds,
        is_reviewed=True,
    )
    merchant: Merchant = stage.once(f"uqpay {name}", lambda: stage.open(account))
    return merchant


def family_of(stage: Stage, purpose: str, master_name: str, name: str) -> Family:
    """A master with money, and one connected account in the United States. For each purpose another one."""
    made: Family = stage.once(f"uqpay family {purpose} {name}", lambda: _open_family(stage, master_name, name))
    return made


def _open_family(stage: Stage, master_name: str, name: str) -> Family:
    master = stage.open(
        Account(name=master_name, country="SG", dialects=["uqpay"], currencies=["SGD", "USD"], holder=SYSTEM)
    )
    connected = stage.open(Account(name=name, country="US", parent=master.account_id))
    shown = stage.server.cli.json("account", "show", connected.account_id)
    return Family(master, connected.account_id, shown["short_id"])
