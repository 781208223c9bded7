"""Amounts that end in 91 to 94 on a running server, as somebody tries them who looks with `payout show`: what is lost
is unknown, and says what comes next, until it is known; nothing is paid twice, and a lie is a case.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.cli.cli_support import Called, Cli, Merchant, any_dialect, serving, wait_for
from tests.support.folders import short_folder

pytestmark = [pytest.mark.slow, pytest.mark.longest]

LOST = ("20.91", "20.92", "20.93")
SENT_AGAIN_AFTER_S = 20.0
PATIENCE_S = 120.0
"""A request is lost for certain after some twenty seconds."""


def test_what_the_bank_loses_is_unknown_until_it_is_paid_once_and_what_it_lies_about_is_a_case() -> None:
    with short_folder() as folder:
        data = folder / "data"
        with serving(data, Cli(data).environment()) as base_url:
            cli = Called(data, base_url)
            merchant = Merchant(cli, any_dialect())
            references = {amount: merchant.new_reference() for amount in (*LOST, "20.94")}
            for amount, reference in references.items():
                merchant.order(amount, reference)

            def shown(amount: str) -> Any:
                return cli.json("payout", "show", references[amount])

            unknown = wait_for(lambda: (now := shown("20.91"))["waiting_for"]["what"] == "outcome_unknown" and now)
            assert [attempt["state"] for attempt in unknown["attempts"]] == ["unknown"]
            assert "asked again" in unknown["waiting_for"]["next"]
            time.sleep(SENT_AGAIN_AFTER_S)  # no look before tells anything, and each is a command
            paid = [wait_for(lambda a=a: (now := shown(a))["state"] == "paid" and now, PATIENCE_S) for a in LOST]
            assert [len(each["attempts"][0]["sends"]) for each in paid] == [2, 1, 1]
            assert [each["open_cases"] for each in paid] == [0, 0, 0]
            lied = shown("20.94")
            assert (lied["state"], lied["open_cases"]) == ("failed", 1)
            assert [case["kind"] for case in lied["cases"]] == ["paid_after_failed"]
            assert "the books hold" in cli("ledger", "verify", "--replay").out
