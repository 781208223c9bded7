"""The sandbox's clock by command, beside a server of its own: moving it must not disturb the other tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.cli_support import Called, Cli, Merchant, any_dialect, serving, wait_for
from tests.support.folders import short_folder

pytestmark = pytest.mark.slow


@pytest.fixture
def moving() -> Iterator[Cli]:
    """The command line beside a server whose clock a test may move."""
    with short_folder() as folder:
        data = folder / "data"
        with serving(data, Cli(data, OUTLAY_SANDBOX_DELAY_MS="50").environment()) as base_url:
            yield Called(data, base_url)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_days_go_by_on_a_running_server(moving: Cli) -> None:
    cli = moving
    merchant = Merchant(cli, any_dialect())
    start = cli.json("sandbox", "clock")
    assert (start["ahead"], start["ahead_ms"]) == ("0s", 0)
    assert abs(at(start["now"]) - datetime.now(UTC)) < timedelta(seconds=30)
    assert "the real time" in cli("sandbox", "clock").out

    references = {ending: merchant.new_reference() for ending in ("84", "85", "75", "86")}
    for ending, reference in references.items():
        assert merchant.order(f"50.{ending}", reference).status == 200
    expiring = merchant_in_review(cli).order_batch(1000, 2000, expires_in_s=3600)

    def payout(ending: str) -> dict[str, Any]:
        found: dict[str, Any] = cli.json("payout", "show", references[ending])
        return found

    wait_for(lambda: payout("84")["state"] == payout("85")["state"] == "paid")
    wait_for(lambda: payout("75")["attempts"] and payout("86")["attempts"])
    assert payout("75")["state"] == payout("86")["state"] == "processing"

    began = time.monotonic()
    moved = cli.json("sandbox", "advance", "2h1m")
    assert time.monotonic() - began >= 0.5, "every process has looked at the clock before it returns"
    assert moved["ahead"] == "2h1m"
    wait_for(lambda: payout("75")["state"] == "failed" and payout("86")["state"] == "paid")
    wait_for(lambda: cli.json("payout", "show", expiring.order_id)["standings"].keys() == {"expired"})
    assert payout("84")["returned"] == "0.00"

    assert "2d23h1m ahead of the real time" in cli("sandbox", "advance", "2d21h").out
    assert cli.json("sandbox", "advance", "3d")["ahead"] == "5d23h1m"
    wait_for(lambda: payout("84")["returned"] == "50.84" and payout("85")["returned"] == "50.85")
    returned = payout("85")
    assert [back["amount"] for back in returned["returns"]] == ["25.42", "25.43"]
    assert at(returned["returns"][-1]["at"]) - at(returned["created_at"]) > timedelta(days=2)

    # A client signs with the real time, and is still understood; what it orders now bears the installation's time.
    assert merchant.order("10.00", "late").status == 200
    late = cli.json("payout", "show", "late")
    assert at(late["created_at"]) - datetime.now(UTC) > timedelta(days=5)
    assert cli.json("ledger", "verify")["ok"] is True


def merchant_in_review(cli: Cli) -> Merchant:
    return Merchant(cli, any_dialect(), "--review")


def test_the_clock_has_an_end_and_outlives_a_restart(alone: Cli) -> None:
    assert alone.json("sandbox", "advance", "3649d")["ahead"] == "3649d"
    assert "ten years (3650d) at most, and is by 3649d already" in alone.refusal("sandbox", "advance", "1d1s")
    assert "3649d ahead of the real time" in alone("sandbox", "clock").out
