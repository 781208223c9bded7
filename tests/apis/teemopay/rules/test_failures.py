"""Why a payout failed or came back, in TeemoPay's answers: each country's codes and whole texts, what earns them."""

from __future__ import annotations

from typing import Any

import pytest

from outlay.core.asks import PayoutsListed
from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import BankAccount
from outlay.core.outcome import Failure, FailureReason
from outlay.core.party import Document, Party
from outlay.core.payout import Payout
from outlay.core.progress import Return, State
from outlay.dialects.teemopay.values.beneficiaries import DOCUMENTS
from tests.apis.teemopay.orders import WAYS, currencies_of
from tests.apis.teemopay.reasons import CODES, TEXTS_IN, code_in, return_code_in
from tests.apis.teemopay.rules.desk import LIST, NOW_MS, QUERY, answered, payout
from tests.rules.breaks import Break, append
from tests.rules.claims import claims

REASONS_FILE = "dialects/teemopay/tables/reasons.py"
OTHERS = 9999
BY_HAND = 1024
WRONG_RUT = 1019
CURRENCY = {country: currencies_of(country)[0] for country in WAYS}
Told = tuple[int | None, str | None]


# -- what is told ---------------------------------------------------------------------------------------------------


def told(country: str, of: Payout) -> Told:
    """Code and text that a query answers; a list answers the same text."""
    shown: dict[str, Any] = answered(country, QUERY, of)["data"]
    [row] = answered(country, LIST, PayoutsListed((of,), more=False))["data"]["records"]
    assert row["failReason"] == shown["errorMessage"]
    return shown["errorCode"], shown["errorMessage"]


def failed(country: str, reason: str, id_type: str = "PASS") -> Told:
    document = Document(DOCUMENTS[id_type], "1")
    beneficiary = Beneficiary(destination=BankAccount(), party=Party(documents=(document,)))
    failure = Failure(FailureReason(reason), "as the rail said")
    return told(
        country,
        payout(currency=CURRENCY[country], state=State.FAILED, failure=failure, beneficiary=beneficiary),
    )


def came_back(country: str, *, by_decision: bool) -> Told:
    back = Return(1, "R1", 100_000, NOW_MS, by_decision=by_decision)
    return told(country, payout(currency=CURRENCY[country], returned_minor=100_000, returns=(back,)))


def paid(country: str) -> Told:
    return told(country, payout(currency=CURRENCY[country]))


def stopped(country: str, state: State) -> Told:
    """Cancelled, or run out of time."""
    return told(country, payout(currency=CURRENCY[country], state=state))


def see(country: str, code: int) -> int:
    """Everything that earns the code there is told with its whole text, and nothing else is told with it. How many
    things earn it."""
    text = TEXTS_IN[country][code]
    earned = {reason: failed(country, reason) for reason in CODES}
    for reason, answer in earned.items():
        documented = code_in(country, reason)
        assert (answer[0] == code) is (documented == code), reason
        assert documented != code or answer == (code, text), reason
    more = {
        "a wrong RUT": (failed(country, "wrong_document", "RUT"), WRONG_RUT if country == "CL" else None),
        "a wrong RUN": (failed(country, "wrong_document", "RUN"), WRONG_RUT if country == "CL" else None),
        **{f"a wrong {other}": (failed(country, "wrong_document", other), None) for other in ("CE", "CPF")},
        "a return": (came_back(country, by_decision=False), return_code_in(country)),
        "a return by decision": (came_back(country, by_decision=True), BY_HAND),
        "cancelled": (stopped(country, State.CANCELLED), OTHERS),
        "expired": (stopped(country, State.EXPIRED), OTHERS),
    }
    for what, (answer, wanted) in more.items():
        documented = code_in(country, "wrong_document") if wanted is None else wanted
        assert (answer[0] == code) is (documented == code), what
        assert documented != code or answer == (code, text), what
    assert paid(country) == (None, None)
    assert any(answer[1] != text for answer in earned.values()), "another reason has another text"
    return sum(answer[0] == code for answer in [*earned.values(), *(answer for answer, _wanted in more.values())])


# -- each country's page --------------------------------------------------------------------------------------------

PRINTED = [(country, code) for country, texts in TEXTS_IN.items() for code in texts]
NEVER_SENT = ("PK", 1011)
"""Pakistan's page has nearer codes for everything that could be told so."""


def page_breaks(country: str, code: int) -> tuple[Break, ...]:
    """Another text; the code is not on the page any more (what remains is 9999 at last)."""
    entry = f"PAGES[{country!r}][{code}]"
    other_text = append(REASONS_FILE, f"{entry} = 'x'")
    return (other_text,) if code == OTHERS else (other_text, append(REASONS_FILE, f"del {entry}"))


@pytest.mark.parametrize(
    ("country", "code"),
    [
        pytest.param(
            country,
            code,
            id=f"failure in {country} {code}",
            marks=claims("teemopay", f"failure in {country} {code}", *page_breaks(country, code)),
        )
        for country, code in PRINTED
        if (country, code) != NEVER_SENT
    ],
)
def test_a_reason_is_told_with_the_code_and_the_text_of_the_countrys_page(country: str, code: int) -> None:
    assert see(country, code)


# -- each code ------------------------------------------------------------------------------------------------------

ALL_CODES = sorted({code for _country, code in PRINTED})
EARNED_BY = {
    code: next((reason for reason, codes in CODES.items() if code in codes.values()), None) for code in ALL_CODES
}


def code_breaks(code: int) -> tuple[Break, ...]:
    """No page has the code any more; and what earns it earns nothing, or something else."""
    lost = append(REASONS_FILE, f"for page in PAGES.values():\n    page.pop({code}, None)")
    reworded = append(REASONS_FILE, f"for page in PAGES.values():\n    page[{code}] = 'x'")
    match EARNED_BY[code]:
        case None if code == WRONG_RUT:
            return lost, append(REASONS_FILE, "_WRONG_RUT = ()")
        case None:
            return lost, append(REASONS_FILE, "RETURN = 1002")
        case reason:
            other = "(1002,)" if code == OTHERS else "()"
            unearned = append(REASONS_FILE, f"CODES_OF_REASONS[FailureReason({reason!r})] = {other}")
            return (reworded if code == OTHERS else lost), unearned


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, id=f"failure {code}", marks=claims("teemopay", f"failure {code}", *code_breaks(code)))
        for code in ALL_CODES
    ],
)
def test_a_code_is_told_in_the_countries_that_have_it_and_in_no_other(code: int) -> None:
    have = [country for country in TEXTS_IN if code in TEXTS_IN[country] and (country, code) != NEVER_SENT]
    assert have
    for country in have:
        assert see(country, code), country
    for country in TEXTS_IN.keys() - set(have):
        answers = [failed(country, reason) for reason in CODES]
        answers += [failed(country, "wrong_document", "RUT"), came_back(country, by_decision=False)]
        assert code not in [answer[0] for answer in answers], country
