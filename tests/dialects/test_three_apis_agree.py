"""Every API's answer about a payout reads back as that payout, and the three never disagree about the money.

Any account that the core can make is asked about through all of them. Three small readers, written from the APIs'
documents, say what a merchant would understand: amount, whether it is paid, what came back, the fee, the times, the
balance. That is held against what really happened, and against what the others say, as far as each can express it.

The controls plant a fault in one dialect, and it must be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from agreement_calls import (
    LESSPAY_BALANCE,
    LESSPAY_QUERY,
    PAGE_SIZE,
    TEEMOPAY_BALANCE,
    TEEMOPAY_QUERY,
    UQPAY_BALANCE,
    UQPAY_BALANCES,
    UQPAY_LIST,
    UQPAY_PAYOUT,
    lesspay,
    lesspay_orders,
    teemopay,
    teemopay_pages,
    uqpay,
    uqpay_pages,
)
from agreement_lives import Merchant, merchants
from agreement_readers import (
    LOCAL_CURRENCIES,
    Disagreement,
    Seen,
    SeenBalance,
    decimals_of,
    expect,
    fields,
    read_lesspay_balance,
    read_lesspay_order,
    read_teemopay_balance,
    read_teemopay_data,
    read_teemopay_query,
    read_teemopay_record,
    read_uqpay_balance,
    read_uqpay_payout,
)
from hypothesis import Phase, find, given, seed, settings
from hypothesis import strategies as st

from outlay.core.currencies import EXPONENTS
from outlay.core.ledger import AVAILABLE, HELD
from outlay.core.money import format_amount
from outlay.core.payout import Payout
from outlay.core.progress import Standing

COUNTRIES = st.sampled_from(sorted(LOCAL_CURRENCIES))
IN_A_COUNTRY = COUNTRIES.flatmap(lambda code: st.tuples(st.just(code), merchants(LOCAL_CURRENCIES[code])))
UQPAY_WORDS = ("INITIATED", "PROCESSING", "COMPLETED", "FAILED", "FAILED_REFUNDED")
PAID = {"paid", "partly_returned", "returned"}


# -- what each API shows --------------------------------------------------------------------------------------------


def seen_in_lesspay(merchant: Merchant) -> dict[int, Seen]:
    shown: dict[int, Seen] = {}
    for answer in lesspay_orders(merchant):
        order = read_lesspay_order(answer)
        for detail in order.payouts:
            expect(detail.payout_id not in shown, "a payout stands in one order")
            shown[detail.payout_id] = detail
    return shown


def seen_in_teemopay(merchant: Merchant, country: str) -> dict[int, Seen]:
    """Of payouts by themselves in the country's currencies: no other has a number to ask by, or an amount that can be
    understood here."""
    shown = {}
    for reference, payout_id in merchant.alone.items():
        currency = merchant.payouts[payout_id].currency
        if currency in LOCAL_CURRENCIES[country]:
            answer = teemopay(merchant, country, TEEMOPAY_QUERY, {"merchantOrderNo": reference})
            shown[payout_id] = read_teemopay_query(answer, country, currency)
    return shown


def listed_in_teemopay(merchant: Merchant, country: str, status: int | None = None) -> dict[int, Seen]:
    """The whole list, oldest first, page by page."""
    rows: list[Seen] = []
    for page in teemopay_pages(merchant, country, status):
        data = fields(read_teemopay_data(page), "pageIndex", "records")
        expect(len(data["records"]) <= PAGE_SIZE, "no page is longer than asked for")
        for record in data["records"]:
            trade_number = record["tradeNo"]
            payout = merchant.payouts.get(int(trade_number[2:12] + trade_number[14:]))
            expect(payout is not None, "no such payout")
            rows.append(read_teemopay_record(record, country, payout.currency if payout else ""))
    expect(all(one.created_s <= two.created_s for one, two in pairwise(rows)), "oldest first")  # type: ignore[operator]
    return once_each(rows)


def seen_in_uqpay(merchant: Merchant) -> dict[int, Seen]:
    shown = {}
    for payout_id in merchant.payouts:
        status, answer = uqpay(merchant, UQPAY_PAYOUT, payout_id=f"PO{payout_id}")
        expect(status == 200, answer)
        shown[payout_id] = read_uqpay_payout(answer)
    return shown


def listed_in_uqpay(merchant: Merchant, word: str | None = None) -> dict[int, Seen]:
    """The whole list, newest first, page by page."""
    rows: list[Seen] = []
    totals = set()
    for page in uqpay_pages(merchant, UQPAY_LIST, f"&payout_status={word}" if word else ""):
        fields(page, "total_pages", "total_items", "data")
        expect(len(page["data"]) <= PAGE_SIZE, "no page is longer than asked for")
        totals.add((page["total_pages"], page["total_items"]))
        rows += [read_uqpay_payout(each) for each in page["data"]]
    expect(totals == {(-(-len(rows) // PAGE_SIZE), len(rows))}, f"{len(rows)} payouts, {totals}")
    expect(all(one.payout_id > two.payout_id for one, two in pairwise(rows)), "newest first")
    return once_each(rows)


def once_each(rows: list[Seen]) -> dict[int, Seen]:
    shown = {row.payout_id: row for row in rows}
    expect(len(shown) == len(rows), "a payout is listed once")
    return shown


# -- what really happened -------------------------------------------------------------------------------------------


def check(payout: Payout, seen: Seen, api: str) -> None:
    """What the API says is true."""
    about = (api, seen, payout)
    expect(seen.payout_id == payout.payout_id, about)
    expect(seen.reference in (None, payout.reference), about)
    expect(seen.currency in (None, payout.currency), about)
    expect(seen.amount_minor == payout.amount_minor, about)
    expect(payout.standing.value in seen.standings, about)
    expect(seen.returned_minor in (None, payout.returned_minor), about)
    expect(seen.created_s in (None, payout.created_ms // 1000), about)
    if seen.fee_minor is not None:
        is_free = payout.standing in (Standing.FAILED, Standing.CANCELLED, Standing.EXPIRED)
        expect(seen.fee_minor == (0 if is_free else payout.fee.total_minor), about)
    if seen.ended_s is not None:
        ends = {payout.completed_ms, *(each.at_ms for each in payout.returns)}
        expect(seen.ended_s in {at_ms // 1000 for at_ms in ends if at_ms is not None}, about)


def check_agreement(shown: list[Seen]) -> None:
    """Any two say the same about the money of one payout."""
    for one, other in pairwise(shown):
        about = (one, other)
        expect(one.amount_minor == other.amount_minor, about)
        expect(one.standings & other.standings, about)
        expect((one.standings <= PAID) == (other.standings <= PAID), about)
        if None not in (one.returned_minor, other.returned_minor):
            expect(one.returned_minor == other.returned_minor, about)
        if None not in (one.reference, other.reference):
            expect(one.reference == other.reference, about)


def check_everything(country: str, merchant: Merchant) -> None:
    views = {
        "lesspay": seen_in_lesspay(merchant),
        "uqpay": seen_in_uqpay(merchant),
        "uqpay list": listed_in_uqpay(merchant),
        "teemopay": seen_in_teemopay(merchant, country),
        "teemopay list": listed_in_teemopay(merchant, country),
    }
    everything = set(merchant.payouts)
    local = {payout_id for payout_id, each in merchant.payouts.items() if each.currency in LOCAL_CURRENCIES[country]}
    for api, wanted in (("lesspay", everything), ("uqpay", everything), ("uqpay list", everything)):
        expect(set(views[api]) == wanted, f"{api} does not show what there is")
    expect(set(views["teemopay"]) == local & set(merchant.alone.values()), "teemopay does not show what there is")
    expect(set(views["teemopay list"]) == local, "teemopay's list does not show what there is")
    for payout_id, payout in merchant.payouts.items():
        shown = {api: view[payout_id] for api, view in views.items() if payout_id in view}
        for api, seen in shown.items():
            check(payout, seen, api)
        check_agreement(list(shown.values()))
    check_balances(country, merchant)


def check_balances(country: str, merchant: Merchant) -> None:
    """The same account has the same money, whoever asks."""
    listed = {}
    for page in uqpay_pages(merchant, UQPAY_BALANCES):
        listed |= dict(read_uqpay_balance(each) for each in page["data"])
    expect(set(listed) == {currency for currency, _ in merchant.books}, "all currencies are listed")
    for currency, balance in listed.items():
        wanted = SeenBalance(merchant.books.get((currency, AVAILABLE), 0), merchant.books.get((currency, HELD), 0))
        said: dict[str, Any] = {"uqpay list": balance}
        said["uqpay"] = read_uqpay_balance(uqpay(merchant, UQPAY_BALANCE, currency=currency)[1])[1]
        if currency != "CNH":  # UQPAY's own code, which LessPay's documents do not know
            asked = {"currency": currency, "way_code": "EPAY_PAYOUT"}
            said["lesspay"] = read_lesspay_balance(lesspay(merchant, LESSPAY_BALANCE, asked), currency)
        if currency == LOCAL_CURRENCIES[country][0]:
            answer = teemopay(merchant, country, TEEMOPAY_BALANCE, {})
            said["teemopay"] = read_teemopay_balance(answer, currency)
        for api, each in said.items():
            expect(each == wanted, (api, currency, each, wanted))


# -- the proof ------------------------------------------------------------------------------------------------------


@given(IN_A_COUNTRY)
def test_any_payout_reads_back_as_itself_and_the_three_apis_agree_about_the_money(drawn: tuple[str, Merchant]) -> None:
    check_everything(*drawn)


@given(IN_A_COUNTRY)
def test_a_list_by_status_holds_what_the_whole_list_shows_with_that_status(drawn: tuple[str, Merchant]) -> None:
    country, merchant = drawn
    whole = listed_in_uqpay(merchant)
    parts = [listed_in_uqpay(merchant, word) for word in UQPAY_WORDS]
    assert sum(len(part) for part in parts) == len(whole)
    assert {payout_id: seen for part in parts for payout_id, seen in part.items()} == whole
    whole = listed_in_teemopay(merchant, country)
    parts = [listed_in_teemopay(merchant, country, status) for status in range(1, 6)]
    assert sum(len(part) for part in parts) == len(whole)
    assert {payout_id: seen for part in parts for payout_id, seen in part.items()} == whole


@given(IN_A_COUNTRY)
def test_a_payout_of_a_batch_is_no_order_by_itself(drawn: tuple[str, Merchant]) -> None:
    _, merchant = drawn
    for batch in merchant.batches:
        for payout_id in batch.payout_ids:
            answer = lesspay(merchant, LESSPAY_QUERY, {"pay_order_id": f"PO{payout_id:019d}"})
            assert answer["code"] == 30020


@pytest.mark.slow  # how rich the random lives are does not change with every edit
@pytest.mark.parametrize("standing", Standing)
def test_random_lives_reach_every_standing(standing: Standing) -> None:
    """Or the proof would say nothing about it."""

    def reached(merchant: Merchant) -> bool:
        return any(payout.standing is standing for payout in merchant.payouts.values())

    find(merchants(("BRL",)), reached, settings=SEARCH, random=Random(BEGINNING))


@pytest.mark.slow
@pytest.mark.parametrize(
    "reached",
    [
        pytest.param(lambda merchant: any(len(p.returns) > 1 for p in merchant.payouts.values()), id="returned twice"),
        pytest.param(lambda merchant: any(len(b.payout_ids) > 1 for b in merchant.batches), id="batch"),
        pytest.param(
            lambda merchant: any(decimals_of(p.currency) == 0 for p in merchant.payouts.values()), id="no decimals"
        ),
        pytest.param(
            lambda merchant: any(decimals_of(p.currency) > 2 for p in merchant.payouts.values()), id="many decimals"
        ),
    ],
)
def test_random_lives_are_rich(reached: Callable[[Merchant], bool]) -> None:
    find(merchants(("BRL",)), reached, settings=SEARCH, random=Random(BEGINNING))


def test_the_readers_know_every_currency_by_their_own_table() -> None:
    assert {code: decimals_of(code) for code in EXPONENTS} == EXPONENTS


# -- controls -------------------------------------------------------------------------------------------------------

SEARCH = settings(max_examples=400, database=None, deadline=None, phases=[Phase.generate], report_multiple_bugs=False)
BEGINNING = 1
"""What must be found is looked for in the same place every time: else chance would fail about one tree in a hundred."""
AMOUNTS_IN = {"lesspay": "values.orders", "teemopay": "values.fields", "uqpay": "values.orders"}
"""The module in which each API writes a payout's amounts."""


def _one_decimal_more(minor: int, exponent: int) -> str:
    return format_amount(minor * 10, exponent + 1)


def _two_decimals_always(minor: int, _exponent: int) -> str:
    return format_amount(minor, 2)


def _teemopay_forgets(real: Any) -> Any:
    return lambda payout: 2 if real(payout) == 4 else real(payout)


def _all_back(real: Any) -> Any:
    return lambda payout: 4 if real(payout) == 5 else real(payout)


def _in_utc(real: Any) -> Any:
    return lambda at_ms, country: real(at_ms - country.utc_offset_s * 1000, country)


def _lesspay_forgets(real: Any) -> Any:
    def forgetful(payout: Payout) -> Any:
        word = real(payout)
        return type(word)("SUCCEEDED") if word == "REFUNDED" else word

    return forgetful


def _uqpay_lies(real: Any) -> Any:
    def lying(payout: Payout) -> Any:
        word = real(payout)
        return type(word)("COMPLETED") if word == "FAILED" else word

    return lying


def _approved(real: Any) -> Any:
    return lambda payout: type(real(payout))("APPROVED")


PLANTED = {
    **{
        f"{api}: one decimal too many": (f"{api}.{module}.format_amount", lambda _: _one_decimal_more)
        for api, module in AMOUNTS_IN.items()
    },
    **{
        f"{api}: always two decimals": (f"{api}.{module}.format_amount", lambda _: _two_decimals_always)
        for api, module in AMOUNTS_IN.items()
    },
    "teemopay: returned shown as paid": ("teemopay.codes.status_of", _teemopay_forgets),
    "teemopay: a part returned shown as all": ("teemopay.codes.status_of", _all_back),
    "teemopay: local time in UTC": ("teemopay.values.fields.local_time", _in_utc),
    "lesspay: returned shown as paid": ("lesspay.codes.detail_status", _lesspay_forgets),
    "lesspay: review forgotten": ("lesspay.codes.audit_state", _approved),
    "uqpay: a failed payout shown as completed": ("uqpay.values.orders.status_of", _uqpay_lies),
}
"""Where, and what is put there, made from what stood there."""


@pytest.mark.slow
@pytest.mark.parametrize(("where", "change"), PLANTED.values(), ids=PLANTED)
def test_a_fault_planted_in_one_dialect_is_seen(
    where: str, change: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, _, name = f"outlay.dialects.{where}".rpartition(".")
    module = import_module(place)
    monkeypatch.setattr(module, name, change(getattr(module, name)))
    proof = seed(BEGINNING)(SEARCH(given(IN_A_COUNTRY)(lambda drawn: check_everything(*drawn))))
    with pytest.raises(Disagreement):
        proof()
