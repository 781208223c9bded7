"""`outlay work`: what waits for the workers, by rail and kind, and what they could not read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.cli_support import Called, Cli, Merchant, any_dialect, serving, wait_for
from tests.cli.superuser_url import as_superuser
from tests.support.folders import short_folder

pytestmark = pytest.mark.slow

HELD = "100.74"
"""The sandbox bank holds this amount."""


@pytest.fixture(scope="module")
def merchant() -> Iterator[Merchant]:
    with short_folder() as folder, serving(folder / "data", Cli(folder / "data").environment()) as base_url:
        yield Merchant(Called(folder / "data", base_url), any_dialect())


def test_what_waits_is_told_by_rail_and_kind_and_what_cannot_be_read_beside_it(merchant: Merchant) -> None:
    cli = merchant._cli
    assert "nothing waits for a worker" in cli("work").out
    assert merchant.order(HELD).status == 200
    wait_for(lambda: cli.json("work")["work"] and cli.json("work")["work"][0]["kind"] == "ask")
    (line,) = cli.json("work")["work"]
    assert line == {
        "rail": "sandbox",
        "kind": "ask",
        "waiting": 1,
        "due": 0,
        "in_hand": 0,
        "oldest_due": None,
        "oldest_age_s": None,
    }
    assert "to be asked about" in cli("work").out
    ((payout_id,),) = as_superuser(cli.data, "select payout_id from work")
    as_superuser(cli.data, "update payouts set beneficiary = '{}' where payout_id = $1", payout_id)
    as_superuser(cli.data, "update work set due_ms = 1")
    (aside,) = wait_for(lambda: cli.json("work")["unreadable"])
    assert (aside["account_id"], aside["payout_id"]) == (merchant.account_id, str(payout_id))
    assert cli.json("case", "list")["unreadable"] == [aside]
    assert cli.json("case", "list", "--account", merchant.account_id)["unreadable"] == [aside]
    for words in (("work",), ("case", "list")):
        assert f"UNREADABLE:{payout_id}" in cli(*words).out
    assert cli.json("work")["work"][0]["waiting"] == 1, "it stays on the list"
    assert merchant.order("1.00").status == 200
    wait_for(lambda: [each["state"] for each in cli.json("payout", "list", "--state", "paid")["payouts"]] == ["paid"])
