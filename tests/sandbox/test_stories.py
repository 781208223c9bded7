"""Which digits of an amount choose its story: a matter of the currency alone, and the same wherever it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.core.currencies import EXPONENTS
from outlay.core.money import MAX_AMOUNT_MINOR, parse_amount
from outlay.core.outcome import FailureReason
from outlay.sandbox.stories import Deed, Story, story_of
from tests.support.rows import each_row

# Each with the decimals that it can be written with everywhere: TeemoPay's documents have whole amounts of the first
# six, and two decimals of USDT.
COARSE = {"COP": 0, "CLP": 0, "PKR": 0, "IDR": 0, "KRW": 0, "KHR": 0, "USDT": 2, "USDC": 2}
ENDINGS = range(100)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"
RETURN_ENDINGS = (81, 82, 83, 84, 85, 87)


def written(currency: str, text: str) -> Story:
    """The story of an amount as a merchant writes it."""
    amount_minor = parse_amount(text, EXPONENTS[currency])
    assert type(amount_minor) is int
    return story_of(currency, amount_minor)


def shape(story: Story) -> object:
    """A story without its amounts."""
    steps = [
        (step.message.deed, step.message.reason, step.message.text, step.message.by_decision, step.delays, step.wait_ms)
        for step in story.later
    ]
    return story.refusal, steps, story.lost, story.pays_silently, story.hidden_delays


def returned(story: Story) -> list[int]:
    return [step.message.amount_minor for step in story.later if step.message.deed is Deed.RETURN]


PLAIN = [shape(story_of("BRL", 5000 + ending)) for ending in ENDINGS]
"""What each ending plays in a currency of two decimals that everybody writes."""


@pytest.mark.parametrize("leading", [1, 50, 77_000_003])
def test_the_last_two_digits_of_the_minor_units_choose_in_every_currency(leading: int) -> None:
    for currency in EXPONENTS:
        assert [shape(story_of(currency, leading * 100 + ending)) for ending in ENDINGS[1:]] == PLAIN[1:], currency


@pytest.mark.parametrize("currency", [code for code in COARSE if COARSE[code] == 0])
def test_whole_units_choose_where_a_currency_may_be_written_without_decimals(currency: str) -> None:
    assert [shape(written(currency, f"100{ending:02}")) for ending in ENDINGS] == PLAIN
    if EXPONENTS[currency] == 2:
        assert shape(written(currency, "10071.00")) == PLAIN[71]
        assert shape(written(currency, "10071.62")) == PLAIN[62], "digits that are written come first"


@pytest.mark.parametrize("currency", ["USDT", "USDC"])
def test_the_first_two_decimals_choose_where_the_last_two_of_six_are_zeros(currency: str) -> None:
    assert [shape(written(currency, f"10.{ending:02}")) for ending in ENDINGS] == PLAIN
    assert shape(written(currency, "10.7150")) == PLAIN[71]
    assert shape(written(currency, "10.716200")) == PLAIN[71]
    assert shape(written(currency, "10.000071")) == PLAIN[71]
    assert shape(written(currency, "10.710062")) == PLAIN[62]


@pytest.mark.parametrize("leading", [71, 1071, 82, 12_300_061])
def test_elsewhere_zeros_at_the_end_are_paid_whatever_stands_before_them(leading: int) -> None:
    for currency in EXPONENTS.keys() - COARSE.keys():
        assert shape(story_of(currency, leading * 100)) == PLAIN[0], currency


def test_every_reason_and_a_return_by_decision_can_be_rehearsed_in_every_currency() -> None:
    for currency in EXPONENTS:
        _check_all_are_rehearsed(currency)


def _check_all_are_rehearsed(currency: str) -> None:
    unit = 10 ** (EXPONENTS[currency] - COARSE.get(currency, EXPONENTS[currency]))
    stories = [story_of(currency, (10_000 + ending) * unit) for ending in ENDINGS]
    reasons = {story.refusal.reason for story in stories if story.refusal}
    reasons |= {step.message.reason for story in stories for step in story.later if step.message.deed is Deed.FAIL}
    assert reasons == set(FailureReason) - {FailureReason.REVIEW_REJECTED}  # a person rejects, no bank
    assert any(step.message.by_decision for story in stories for step in story.later)


@each_row("ending", RETURN_ENDINGS)
@each_row("currency", COARSE)
def test_what_comes_back_of_a_coarse_amount_can_be_written_as_coarsely(currency: str, ending: int) -> None:
    unit = 10 ** (EXPONENTS[currency] - COARSE[currency])
    amount = (10_000 + ending) * unit
    back = returned(story_of(currency, amount))
    assert back
    assert all(part > 0 and part % unit == 0 for part in back)
    assert sum(back) == ((10_000 + ending) // 2 * unit if ending == 83 else amount)


def test_halves_are_of_what_the_choosing_digits_count() -> None:
    assert returned(written("IDR", "10083")) == [5041_00]
    assert returned(written("IDR", "10085")) == [5042_00, 5043_00]
    assert returned(written("IDR", "10000.83")) == [5000_41]
    assert returned(written("USDT", "10.83")) == [5_410_000]
    assert returned(written("USDT", "10.8250")) == [5_410_000, 5_415_000]
    assert returned(written("USDT", "0.000083")) == [41]
    assert returned(written("JPY", "10083")) == [5041]
    assert returned(written("BRL", "100.85")) == [50_42, 50_43]


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(1, MAX_AMOUNT_MINOR))
def test_no_more_comes_back_than_was_paid_and_never_nothing(currency: str, amount_minor: int) -> None:
    story = story_of(currency, amount_minor)
    back = returned(story)
    assert all(part > 0 for part in back)
    assert sum(back) <= amount_minor
    assert len(back) != 2 or sum(back) == amount_minor


# What docs/sandbox.md says


def rows(heading: str) -> Iterator[Sequence[str]]:
    """The cells of the table whose first column has this heading."""
    inside = False
    for line in DOCUMENT.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        inside = bool(cells) and (inside or cells[0] == heading)
        if inside and cells[0] != heading and not cells[0].startswith("--"):
            yield cells


def test_the_document_names_every_ending_with_its_reason() -> None:
    documented = {int(cells[0].strip("`")): cells for cells in rows("ends in") if re.fullmatch("`[0-9]{2}`", cells[0])}
    assert set(documented) == {ending for ending in ENDINGS if PLAIN[ending] != PLAIN[0]}
    for ending, (_, example, what, reason) in documented.items():
        story = written("BRL", example)
        assert shape(story) == PLAIN[ending]
        failures = [step.message.reason for step in story.later if step.message.deed is Deed.FAIL]
        failures += [story.refusal.reason] if story.refusal else []
        assert [f"`{failure}`" for failure in failures] == ([reason] if reason else [])
        assert ("at once" in what) is (story.refusal is not None)
        assert ("by decision" in what) is (ending in (76, 87))


def test_the_documents_examples_of_the_digits_choose_what_it_says() -> None:
    seen = set()
    for currencies, decimals, _digits, chosen_by, halved in rows("currency"):
        groups = [re.findall("[A-Z]{3,4}", group) for group in currencies.split(" · ")]
        exponents, choosing, halves = (cell.split(" · ") for cell in (decimals, chosen_by, halved))
        for number, group in enumerate(groups):
            # In a row of several groups each has one example, in a row of one group all are of all.
            mine = slice(number, number + 1) if len(groups) > 1 else slice(None)
            for currency in group:
                assert str(EXPONENTS[currency]) == exponents[number]
                assert all(shape(written(currency, text)) == PLAIN[71] for text in choosing[mine])
                for amount, half in (text.split(" → ") for text in halves[mine]):
                    assert returned(written(currency, amount)) == [parse_amount(half, EXPONENTS[currency])]
                seen.add(currency)
    assert seen >= COARSE.keys() | {"BRL", "MXN", "JPY", "KWD", "UYW", "BTC", "ETH", "CNH"}
