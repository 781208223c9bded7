"""Commands without a server: each starts the embedded database for itself, and several at once share one."""

from __future__ import annotations

import pytest

from tests.cli.cli_support import Cli

pytestmark = pytest.mark.slow


def test_commands_work_on_a_new_folder_all_at_once(alone: Cli) -> None:
    names = ["Um", "Dois", "Três"]
    alone.each([("account", "create", name, "--country", "BR") for name in names])
    accounts = alone.json("account", "list")["accounts"]
    assert {account["name"] for account in accounts} == set(names)
    account_id = accounts[0]["account_id"]
    alone("fund", account_id, "10.00", "BRL", "--reference", "r")
    assert alone.json("fund", account_id, "10.00", "BRL", "--reference", "r")["result"] == "repeated"
    assert alone.json("ledger", "verify")["ok"] is True
    assert "no such payouts" in alone("payout", "list").out
    assert alone.json("migrate")["revision"]


def test_a_folder_that_is_none_is_refused(alone: Cli) -> None:
    alone.data.write_text("in the way")
    assert str(alone.data) in alone.refusal("account", "list")
