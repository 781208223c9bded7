"""Every command that the command line itself knows, each with words that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import uuid4

import typer.main

from outlay.cli.main import app

SERVERS: Final = frozenset({"serve", "serve-child", "demo"})
"""What goes on for as long as it is let."""

_ONE: Final = "--reference {new}"
WORDS: Final[Mapping[str, str]] = {
    "account close": "{other}",
    "account create": "Padaria --country BR",
    "account list": "",
    "account rails": "{account} sandbox",
    "account reopen": "{other}",
    "account set": "{account} --no-review",
    "account show": "{account}",
    "account transfer": f"{{account}} {{other}} 1.00 BRL --by me --reason rent {_ONE}",
    "account transfers": "{account}",
    "block add": "{account} {new} --by me --why chargebacks",
    "block list": "{account}",
    "block remove": "{account} {new}",
    "case close": "{payout}:1 --by me --note seen",
    "case list": "",
    "case show": "{payout}:1",
    "credential create": "{account} --dialect uqpay",
    "credential revoke": "{new}",
    "demo": "--once",
    "fee set": "{account} BRL --rate 0.01",
    "fund": f"{{account}} 1.00 BRL {_ONE}",
    "ledger verify": "",
    "limit set": "{account} BRL --min 1.00",
    "method list": "{account}",
    "method off": "{account} BRL boleto",
    "method on": "{account} BRL boleto",
    "migrate": "",
    "payout cancel": "{new} --by me",
    "payout list": "",
    "payout settle": "{payout} --paid --by me --note seen",
    "payout show": "{payout}",
    "rail list": "",
    "rail show": "sandbox",
    "recover": "",
    "review approve": "{new} --by me",
    "review list": "",
    "review reject": "{new} --by me --why fraud",
    "sandbox advance": "1s",
    "sandbox clock": "",
    "sandbox fail": "{payout}",
    "sandbox pay": "{payout}",
    "sandbox release": "{payout}",
    "sandbox return": "{payout} 1.00",
    "serve": "--port 0",
    "serve-child": "--listener-fd 98 --parent-fd 99",
    "user add": "{new}",
    "user disable": "{new}",
    "user key": "{new}",
    "user list": "",
    "work": "",
}
"""`{new}` is another word each time; the others are of the test."""


LOOKING: Final = frozenset(
    {
        *("account list", "account show", "account transfers", "block list", "case list", "case show"),
        *("ledger verify", "method list", "payout list", "payout show", "rail list", "rail show", "review list"),
        *("sandbox clock", "user list", "work"),
    }
)
"""What only looks, and so writes nothing."""
LOOKS_AT_SEALS: Final = frozenset({"ledger verify"})
"""And so needs the installation's key."""

LISTS_OF_PAYOUTS: Final = frozenset({"case list", "payout cancel", "payout list", "review list"})


def commands_that_show_payouts() -> list[str]:
    """Those that are about one payout, and those that list some."""
    return [command for command, words in WORDS.items() if "{payout}" in words or command in LISTS_OF_PAYOUTS]


def every_command() -> list[str]:
    """As the command line lists them, such as `account create`; hidden ones too."""
    return sorted(_leaves("", typer.main.get_command(app)))


def _leaves(name: str, command: Any) -> Iterator[str]:
    parts: Mapping[str, Any] | None = getattr(command, "commands", None)
    if parts is None:
        yield name
        return
    for part, below in parts.items():
        yield from _leaves(f"{name} {part}".strip(), below)


def words_of(command: str, **known: str) -> list[str]:
    """The command and words that it takes: `account`, `other` and `payout` are ids."""
    nowhere = str(uuid4())
    given = {"account": nowhere, "other": nowhere, "payout": "1", **known, "new": uuid4().hex[:20]}
    return f"{command} {WORDS[command].format_map(given)}".split()
