"""Money between the accounts of one master over real HTTP: transfers, and payouts to an account here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.apis.uqpay.calls import TRANSFER_FIELDS, Family, open_family, refusal_of, transfer, wait_until_it_is
from tests.coverage.compared import has_form
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.raw_http import Answer
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

NOT_YOURS = (400, "account_error", "account_not_found")


@pytest.fixture(scope="module")
def family(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return open_family(outlay, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def stranger(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["uqpay"], funds={"BRL": "50.00"})


def moved(family: Family, source: str, target: str, amount: str = "5.00", *, account: str = "") -> dict[str, Any]:
    return family.uqpay.post(family.uqpay.TRANSFERS, transfer(source, target, amount), account=account)


def balances(family: Family) -> list[Decimal]:
    """Of the master, the rich and the poor one."""
    return [Decimal(family.payable(account) or "0.00") for account in ("", family.rich, family.poor)]


def changes(before: list[Decimal], after: list[Decimal]) -> list[str]:
    return [str(new - old) for old, new in zip(before, after, strict=True)]


# -- transfers --------------------------------------------------------------------------------------------------------


def test_money_goes_from_the_master_to_a_connected_account_and_back(family: Family) -> None:
    before = balances(family)
    moved(family, family.master_id, family.rich, "40.00")
    assert changes(before, balances(family)) == ["-40.00", "40.00", "0.00"]
    moved(family, family.rich, family.master_id, "40.00")
    moved(family, family.rich, family.poor, "1.00", account=family.rich)
    assert changes(before, balances(family)) == ["0.00", "-1.00", "1.00"]
    moved(family, family.poor, family.rich, "1.00", account=family.poor)
    assert balances(family) == before


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


def test_accounts_may_be_named_by_their_short_ids(outlay: Server, family: Family) -> None:
    source, target = (
        outlay.cli.json("account", "show", account)["short_id"] for account in (family.master_id, family.poor)
    )
    before = balances(family)
    moved(family, source, target, "2.00")
    assert changes(before, balances(family)) == ["-2.00", "0.00", "2.00"]


def test_transfers_are_listed_newest_first_by_time_status_and_currency(outlay: Server, family: Family) -> None:
    outlay.cli("fund", family.master_id, "100.00", "SGD", "--reference", f"sgd {uuid4()}")
    uqpay = family.uqpay
    brl = moved(family, family.master_id, family.rich)
    sgd = uqpay.post(uqpay.TRANSFERS, transfer(family.master_id, family.poor, "3.00", currency="SGD"))
    whole = uqpay.get(f"{uqpay.TRANSFERS}?page_number=1&page_size=100")
    assert list(whole) == ["total_pages", "total_items", "data"]
    assert whole["total_items"] == len(whole["data"])
    assert [each["transfer_id"] for each in whole["data"][:2]] == [sgd["transfer_id"], brl["transfer_id"]]
    today = whole["data"][0]["create_time"][:10]
    query = f"start_time={today}&end_time={today}&transfer_status=completed&currency=SGD&page_number=1&page_size=5"
    [only] = uqpay.get(f"{uqpay.TRANSFERS}?{query}")["data"]
    assert (only["transfer_id"], only["transfer_amount"]) == (sgd["transfer_id"], "3")
    nothing = {"total_pages": 0, "total_items": 0, "data": []}
    assert uqpay.get(f"{uqpay.TRANSFERS}?transfer_status=failed") == nothing
    assert uqpay.get(f"{uqpay.TRANSFERS}?start_time=2020-01-01&end_time=2020-01-31") == nothing
    assert uqpay.get(f"{uqpay.TRANSFERS}?currency=JPY") == nothing
    first = uqpay.get(f"{uqpay.TRANSFERS}?page_number=2&page_size=1")
    assert first["data"] == whole["data"][1:2]
    assert uqpay.get(f"{uqpay.TRANSFERS}?currency=SGD", account=family.poor)["data"] == [only]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("transfer_status=done", "transfer_status must be one of completed, failed"),
        ("currency=sgd", "currency must be an ISO 4217 code of three capital letters"),
        ("start_time=x", "start_time must be a date"),
        ("start_time=2026-01-05&end_time=2026-01-04", "end_time must not be before start_time"),
        ("page_size=101", "page_size must be an integer from 1 to 100"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(family: Family, query: str, message: str) -> None:
    answer = family.uqpay.ask(f"{family.uqpay.TRANSFERS}?{query}")
    assert refusal_of(answer) == (400, "invalid_request_error", "invalid_parameter")
    assert answer.json()["message"].startswith(message)


def refused(family: Family, **fields: Any) -> tuple[int, str, str]:
    before = balances(family)
    body = transfer(family.master_id, family.rich) | fields
    answer = family.uqpay.ask(family.uqpay.TRANSFERS, body)
    assert balances(family) == before
    return refusal_of(answer)


@pytest.mark.parametrize("field", ["source_account_id", "target_account_id", "currency", "amount", "reason"])
def test_every_field_is_required_and_checked(family: Family, field: str) -> None:
    assert refused(family, **{field: ""}) == (400, "invalid_request_error", "missing_parameter")
    assert refused(family, **{field: True}) == (400, "invalid_request_error", "invalid_parameter")


def test_what_an_account_does_not_have_does_not_move(family: Family) -> None:
    assert refused(family, amount="1000000.00") == (400, "payout_error", "insufficient_balance")
    assert refused(family, currency="JPY", amount="1") == (400, "payout_error", "invalid_currency")
    assert refused(family, amount="0") == (400, "invalid_request_error", "invalid_parameter")


def test_only_accounts_of_the_family_give_and_take(family: Family, stranger: Merchant) -> None:
    assert refused(family, target_account_id=stranger.account_id) == NOT_YOURS
    assert refused(family, source_account_id=stranger.account_id) == NOT_YOURS
    assert refused(family, target_account_id=str(uuid4())) == NOT_YOURS
    assert refused(family, target_account_id=family.master_id) == NOT_YOURS
    assert stranger.uqpay.get(f"{stranger.uqpay.BALANCES}/BRL")["payable_balance"] == "50.00"


def test_a_connected_accounts_own_key_gives_only_its_own_money(outlay: Server, family: Family) -> None:
    shown = outlay.cli.json("credential", "create", family.rich, "--dialect", "uqpay")
    own = type(family.uqpay)(outlay, shown)
    before = balances(family)
    for source in (family.master_id, family.poor):
        assert refusal_of(own.ask(own.TRANSFERS, transfer(source, family.rich))) == NOT_YOURS
    assert balances(family) == before
    own.post(own.TRANSFERS, transfer(family.rich, family.master_id, "1.00"))
    assert changes(before, balances(family))[:2] == ["1.00", "-1.00"]


def test_a_stranger_never_sees_a_transfer(family: Family, stranger: Merchant) -> None:
    made = moved(family, family.master_id, family.rich)
    path = f"{family.uqpay.TRANSFERS}/{made['transfer_id']}"
    answers: list[Answer] = [stranger.uqpay.ask(path), family.uqpay.ask(path, account=family.poor)]
    answers += [family.uqpay.ask(f"{family.uqpay.TRANSFERS}/{wrong}") for wrong in (uuid4(), "x", "T1")]
    assert {refusal_of(answer) for answer in answers} == {(400, "not_found", "transfer_not_found")}
    assert stranger.uqpay.get(stranger.uqpay.TRANSFERS)["total_items"] == 0


def test_a_closed_account_neither_gives_nor_takes(outlay: Server, family: Family) -> None:
    opened = outlay.cli.json("account", "create", "Closed", "--country", "BR", "--parent", family.master_id)
    closed = opened["account_id"]
    moved(family, family.master_id, closed, "2.00")
    outlay.cli("account", "close", closed)
    assert refused(family, target_account_id=closed) == NOT_YOURS
    assert refused(family, source_account_id=closed, target_account_id=family.rich) == NOT_YOURS
    outlay.cli("account", "reopen", closed)
    moved(family, closed, family.master_id, "2.00")


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


def test_an_account_here_is_named_by_its_long_or_short_id(outlay: Server, family: Family) -> None:
    short = outlay.cli.json("account", "show", family.poor)["short_id"]
    before = balances(family)
    for named in (short, short.lower(), family.poor, family.poor.upper()):
        wait_until_it_is("COMPLETED", family.uqpay, ordered(family, named, "1.00"))
    assert changes(before, balances(family))[::2] == ["-4.00", "4.00"]


def test_a_connected_account_pays_its_master(family: Family) -> None:
    before = balances(family)
    payout = ordered(family, family.master_id, "1.00", account=family.rich)
    wait_until_it_is("COMPLETED", family.uqpay, payout, account=family.rich)
    assert changes(before, balances(family))[0] == "1.00"


def test_no_story_of_the_bank_is_played_between_accounts_here(family: Family) -> None:
    for amount in ("10.71", "10.74", "10.81"):
        wait_until_it_is("COMPLETED", family.uqpay, ordered(family, family.poor, amount))


def test_only_an_account_of_the_family_can_be_paid(family: Family, stranger: Merchant) -> None:
    before = balances(family)
    for named in (stranger.account_id, str(uuid4()), "nobody"):
        answer = family.uqpay.ask(family.uqpay.CREATE, family.uqpay.order("1.00", payout_account_id=named))
        assert refusal_of(answer) == NOT_YOURS
    assert balances(family) == before


def test_an_account_that_is_closed_cannot_be_paid_to(outlay: Server, family: Family) -> None:
    opened = outlay.cli.json("account", "create", "Closed", "--country", "BR", "--parent", family.master_id)
    outlay.cli("account", "close", opened["account_id"])
    before = balances(family)
    to_closed = family.uqpay.order("9.00", payout_account_id=opened["account_id"])
    refused = refusal_of(family.uqpay.ask(family.uqpay.CREATE, to_closed))
    assert refused == (400, "account_error", "account_not_found")
    assert balances(family) == before
    assert family.payable(opened["account_id"]) == ""


def test_internal_payouts_alone_can_be_switched_off(outlay: Server, family: Family) -> None:
    off = (400, "payout_error", "disabled_transfer_type")
    to_bank, to_poor = family.uqpay.order("1.00"), family.uqpay.order("1.00", payout_account_id=family.poor)
    for channel, refused_body, accepted_body in (("internal", to_poor, to_bank), ("bank", to_bank, to_poor)):
        outlay.cli("method", "off", family.master_id, "BRL", channel)
        assert refusal_of(family.uqpay.ask(family.uqpay.CREATE, refused_body)) == off
        assert family.uqpay.ask(family.uqpay.CREATE, accepted_body).status == 200
        outlay.cli("method", "on", family.master_id, "BRL", channel)
        assert family.uqpay.ask(family.uqpay.CREATE, refused_body).status == 200


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
