"""Money between the accounts of one master over real HTTP: transfers, and payouts to an account here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.apis.uqpay.calls import TRANSFER_FIELDS, Family, open_family, refusal_of, transfer, wait_until_it_is
from tests.coverage.compared import has_form
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

NOT_YOURS = (400, "account_error", "account_not_found")


@pytest.fixture(scope="module")
def family(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return open_family(outlay, tmp_path_factory.mktemp("keys"))


def moved(family: Family, source: str, target: str, amount: str = "5.00", *, account: str = "") -> dict[str, Any]:
    return family.uqpay.post(family.uqpay.TRANSFERS, transfer(source, target, amount), account=account)


def balances(family: Family) -> list[Decimal]:
    """Of the master, the rich and the poor one."""
    return [Decimal(family.payable(account) or "0.00") for account in ("", family.rich, family.poor)]


def changes(before: list[Decimal], after: list[Decimal]) -> list[str]:
    return [str(new - old) for old, new in zip(before, after, strict=True)]


def test_both_accounts_see_the_whole_transfer(outlay: Server, family: Family) -> None:
    made = moved(family, family.master_id, family.poor, "7.25")
    assert list(made) == ["transfer_id", "short_reference_id"]
    assert UUID(made["transfer_id"]).version == 8
    told = family.uqpay.get(f"{family.uqpay.TRANSFERS}/{made['transfer_id']}")
    assert list(told) == TRANSFER_FIELDS
    expected = made | {
        "source_account_name": "Padaria São João",
        "destination_account_name": "Poor",
        "transfer_currency": "BRL",
        "transfer_amount": "7.25",
        "transfer_status": "completed",
        "created_by": family.uqpay.client_id,
        "transfer_reason": "float for January",
    }
    assert expected.items() <= told.items()
    for name in ("create_time", "complete_time"):
        moment = datetime.fromisoformat(told[name])
        assert told[name].endswith("+08:00")
        assert timedelta(seconds=-1) < datetime.now(UTC) - moment < timedelta(minutes=5)
    assert has_form("[0-9]{15,19}", told["reference_id"])
    assert family.uqpay.get(f"{family.uqpay.TRANSFERS}/{made['transfer_id']}", account=family.poor) == told
    assert family.uqpay.get(family.uqpay.TRANSFERS)["data"][0] == told
    assert made["short_reference_id"].startswith("T")


def test_a_person_who_keeps_the_key_is_named_as_the_one_who_ordered(outlay: Server, family: Family) -> None:
    shown = outlay.cli.json("credential", "create", family.master_id, "--dialect", "uqpay", "--holder", "ana")
    ana = type(family.uqpay)(outlay, shown)
    made = ana.post(ana.TRANSFERS, transfer(family.master_id, family.poor, "1.00"))
    assert ana.get(f"{ana.TRANSFERS}/{made['transfer_id']}")["created_by"] == "ana"


# -- payouts to an account here ---------------------------------------------------------------------------------------


def ordered(family: Family, target: str, amount: str = "4.00", *, account: str = "", **fields: Any) -> dict[str, Any]:
    body = family.uqpay.order(amount, payout_account_id=target, **fields)
    return family.uqpay.post(family.uqpay.CREATE, body, account=account)


def test_a_payout_to_an_account_here_is_completed_and_its_money_is_there(outlay: Server, family: Family) -> None:
    outlay.cli("fee", "set", family.rich, "BRL", "--fixed", "0.50", "--rate", "0")
    before = balances(family)
    payout = ordered(family, family.poor, account=family.rich)
    done = wait_until_it_is("COMPLETED", family.uqpay, payout, account=family.rich)
    assert done == payout | {"payout_status": "COMPLETED", "completed_time": done["completed_time"]}
    assert changes(before, balances(family)) == ["0.00", "-4.50", "4.00"]
    # It is a payout of the giver, no transfer of either.
    for account in (family.rich, family.poor):
        listed = family.uqpay.get(f"{family.uqpay.TRANSFERS}?page_size=100", account=account)["data"]
        assert "4" not in [each["transfer_amount"] for each in listed]
    path = family.uqpay.PAYOUT + payout["payout_id"]
    assert refusal_of(family.uqpay.ask(path, account=family.poor)) == (400, "not_found", "payout_not_found")


def test_no_story_of_the_bank_is_played_between_accounts_here(family: Family) -> None:
    for amount in ("10.71", "10.74", "10.81"):
        wait_until_it_is("COMPLETED", family.uqpay, ordered(family, family.poor, amount))


def test_the_key_of_a_closed_master_orders_nothing_on_behalf_of_anybody_but_still_asks(
    outlay: Server, tmp_path: Path
) -> None:
    closing = open_family(outlay, tmp_path)
    earlier = closing.uqpay.post(closing.uqpay.CREATE, closing.uqpay.order("1.00"), account=closing.rich)
    outlay.cli("account", "close", closing.master_id)
    for path, body, account in (
        (closing.uqpay.CREATE, closing.uqpay.order("1.00"), closing.rich),
        (closing.uqpay.CREATE, closing.uqpay.order("1.00"), ""),
        (closing.uqpay.TRANSFERS, transfer(closing.rich, closing.poor, "1.00"), ""),
    ):
        assert refusal_of(closing.uqpay.ask(path, body, account=account)) == NOT_YOURS
    told = closing.uqpay.get(f"{closing.uqpay.PAYOUT}{earlier['payout_id']}", account=closing.rich)
    assert told["payout_amount"] == "1.00"
    outlay.cli("account", "reopen", closing.master_id)
    closing.uqpay.post(closing.uqpay.CREATE, closing.uqpay.order("1.00"), account=closing.rich)
