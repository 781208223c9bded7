"""Every API's answer about a payout reads back as that payout, and no two of them disagree about the money.

Any account that the core can make is asked about through all of them, in every way that `views.py` of an API knows.
Small readers, written from the APIs' documents, say what a merchant would understand: amount, whether it is paid, what
came back, the fee, the times, the balance. That is held against what really happened, and against what every other view
says, as far as each can express it.

The controls plant a fault in one dialect, and it must be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import combinations
from random import Random

import pytest
from hypothesis import Phase, find, given, seed, settings
from hypothesis import strategies as st

from outlay.core.currencies import EXPONENTS
from outlay.core.ledger import AVAILABLE, HELD
from outlay.core.progress import Standing
from tests.apis.found import all_names, part_of
from tests.apis.learning import agrees
from tests.apis.lives import Merchant, merchants
from tests.apis.seen import Disagreement, Seen, SeenBalance, decimals_of, expect
from tests.apis.views import MUST_BE_PLANTED, Planted, Views

PAID = {"paid", "partly_returned", "returned"}


def views_of(name: str) -> Views:
    views: Views = part_of(name, "views").VIEWS
    return views


def currencies_by_country() -> dict[str, tuple[str, ...]]:
    """Of every API whose keys are of one country."""
    found: dict[str, tuple[str, ...]] = {}
    for name in all_names():
        for country, currencies in views_of(name).countries.items():
            found[country] = (*found.get(country, ()), *currencies)
    return found


CURRENCIES = currencies_by_country()
IN_A_COUNTRY = st.sampled_from(sorted(CURRENCIES)).flatmap(
    lambda country: st.tuples(st.just(country), merchants(CURRENCIES[country]))
)


def apis_in(country: str) -> Iterator[tuple[str, Views]]:
    """Those that an account of this country can be asked about through."""
    for name in all_names():
        views = views_of(name)
        if not views.countries or country in views.countries:
            yield name, views


# -- what really happened -------------------------------------------------------------------------------------------


def check_agreement(shown: dict[str, Seen]) -> None:
    """Any two views say the same about the money of one payout."""
    for (view, one), (other_view, other) in combinations(shown.items(), 2):
        about = (view, one, other_view, other)
        expect(one.amount_minor == other.amount_minor, about)
        expect(one.standings & other.standings, about)
        expect((one.standings <= PAID) == (other.standings <= PAID), about)
        if None not in (one.returned_minor, other.returned_minor):
            expect(one.returned_minor == other.returned_minor, about)
        if None not in (one.reference, other.reference):
            expect(one.reference == other.reference, about)


def check_everything(country: str, merchant: Merchant) -> None:
    shown_of: dict[int, dict[str, Seen]] = {payout_id: {} for payout_id in merchant.payouts}
    for name, api in apis_in(country):
        views = api.payouts(merchant, country)
        expect(views, f"{name} shows no payouts")
        for view, (shown, wanted) in views.items():
            expect(set(shown) == wanted, f"{name}'s {view} does not show what there is")
            for payout_id, seen in shown.items():
                agrees(merchant.payouts[payout_id], seen, f"{name}'s {view}")
                shown_of[payout_id][f"{name}'s {view}"] = seen
    for shown_by_view in shown_of.values():
        check_agreement(shown_by_view)
    check_balances(country, merchant)


def check_balances(country: str, merchant: Merchant) -> None:
    """The same account has the same money, whoever asks."""
    for name, api in apis_in(country):
        for view, (shown, wanted) in api.balances(merchant, country).items():
            expect(set(shown) == wanted, f"{name}'s {view} does not show every currency")
            for currency, balance in shown.items():
                available, held = (merchant.books.get((currency, book), 0) for book in (AVAILABLE, HELD))
                expect(balance == SeenBalance(available, held), (name, view, currency, balance, available, held))


# -- the proof ------------------------------------------------------------------------------------------------------


@given(IN_A_COUNTRY)
def test_any_payout_reads_back_as_itself_and_all_apis_agree_about_the_money(drawn: tuple[str, Merchant]) -> None:
    check_everything(*drawn)


@given(IN_A_COUNTRY)
def test_a_list_by_status_holds_what_the_whole_list_shows_with_that_status(drawn: tuple[str, Merchant]) -> None:
    country, merchant = drawn
    for _, api in apis_in(country):
        for whole, parts in api.by_status(merchant, country).values():
            assert sum(len(part) for part in parts) == len(whole)
            assert {payout_id: seen for part in parts for payout_id, seen in part.items()} == whole


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
PLANTED = {
    f"{name}: {fault}": (name, planted)
    for name in all_names()
    for fault, planted in sorted(views_of(name).planted.items())
}


@pytest.mark.parametrize("name", all_names())
def test_every_dialect_plants_the_faults_that_each_can_have(name: str) -> None:
    assert views_of(name).planted.keys() >= MUST_BE_PLANTED


@pytest.mark.slow
@pytest.mark.parametrize(("name", "planted"), PLANTED.values(), ids=PLANTED)
def test_a_fault_planted_in_one_dialect_is_seen(name: str, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module(f"outlay.dialects.{name}.{planted.module}")
    monkeypatch.setattr(module, planted.function, planted.change(getattr(module, planted.function)))
    proof = seed(BEGINNING)(SEARCH(given(IN_A_COUNTRY)(lambda drawn: check_everything(*drawn))))
    with pytest.raises(Disagreement):
        proof()
