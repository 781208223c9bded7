"""Why a payout failed or came back, as each country's page of teemopay has it: codes and exact texts."""

from __future__ import annotations

from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.beneficiary import Beneficiary
from outlay.core.destination import BankAccount, DestinationKind
from outlay.core.fees import Fee
from outlay.core.outcome import Failure, FailureReason
from outlay.core.party import Document, Party
from outlay.core.payout import Payout
from outlay.core.progress import Return, State
from outlay.dialects.teemopay.inbound.payouts import query_data
from outlay.dialects.teemopay.inbound.transactions import record
from outlay.dialects.teemopay.tables.countries import COUNTRIES
from outlay.dialects.teemopay.tables.reasons import PAGES
from outlay.dialects.teemopay.values.beneficiaries import DOCUMENTS
from tests.apis.teemopay.reasons import CODES, TEXTS_IN, code_in, return_code_in
from tests.support.payees import payee
from tests.support.rows import each_row

NOW_MS = 1_776_396_204_000
PAYOUT = Payout(
    account_id=UUID(int=1),
    payout_id=2010543497457831001,
    reference="OUT-20260417-0001",
    currency="BRL",
    amount_minor=100_000,
    fee=Fee(5_500, 500, 50_000),
    beneficiary=payee(DestinationKind.BANK),
    rail="sandbox",
    created_ms=NOW_MS,
    state=State.PAID,
    completed_ms=NOW_MS,
)
NEVER_SENT_BEFORE = {1003, 1008, 1009, 1015, 1018, 1019, 1024}


def failed(reason: FailureReason | None, id_type: str = "") -> Payout:
    failure = None if reason is None else Failure(reason, "as the rail said")
    documents = (Document(DOCUMENTS[id_type], "1"),) if id_type else ()
    beneficiary = Beneficiary(destination=BankAccount(), party=Party(documents=documents))
    return replace(PAYOUT, state=State.FAILED, failure=failure, beneficiary=beneficiary)


def came_back(*by_decision: bool, of: int = 2) -> Payout:
    """In so many of `of` equal parts."""
    part = PAYOUT.amount_minor // of
    returns = tuple(Return(n, f"R{n}", part, NOW_MS + n, decided) for n, decided in enumerate(by_decision, 1))
    return replace(PAYOUT, returns=returns, returned_minor=part * len(returns))


def told(payout: Payout, country: str) -> tuple[int, int | None, str | None]:
    """Status, code and text; the list says the same text."""
    shown = query_data(payout, COUNTRIES[country])
    assert record(payout, COUNTRIES[country]).failReason == shown.errorMessage
    return shown.status, shown.errorCode, shown.errorMessage


@each_row("country", COUNTRIES)
def test_each_page_has_its_codes_and_texts_character_by_character(country: str) -> None:
    assert COUNTRIES[country].reasons == PAGES[country] == TEXTS_IN[country]


@each_row("country", COUNTRIES)
@each_row("reason", FailureReason)
def test_each_reason_has_the_code_and_the_text_of_the_countrys_page(country: str, reason: FailureReason) -> None:
    code = code_in(country, reason.value)
    assert told(failed(reason), country) == (3, code, TEXTS_IN[country][code])


def test_the_table_of_reasons_is_complete() -> None:
    assert set(CODES) == set(FailureReason)


@each_row("country", COUNTRIES)
@each_row("id_type", ["RUT", "RUN", "CE", "PASS", "CPF"])
def test_a_wrong_rut_is_told_as_such_where_the_page_has_a_word_for_it(country: str, id_type: str) -> None:
    code = 1019 if country == "CL" and id_type in ("RUT", "RUN") else code_in(country, "wrong_document")
    assert told(failed(FailureReason.WRONG_DOCUMENT, id_type), country)[1:] == (code, TEXTS_IN[country][code])


@each_row("country", COUNTRIES)
@each_row("state", [State.FAILED, State.CANCELLED, State.EXPIRED])
def test_what_was_stopped_or_ran_out_of_time_is_others(country: str, state: State) -> None:
    assert told(replace(failed(None), state=state), country) == (3, 9999, "Others")


@each_row("country", COUNTRIES)
@each_row(("parts", "status"), [(1, 5), (2, 4)])
def test_money_that_came_back_has_the_code_of_the_countrys_page(country: str, parts: int, status: int) -> None:
    code = return_code_in(country)
    assert told(came_back(*[False] * parts), country) == (status, code, TEXTS_IN[country][code])
    assert told(came_back(*[True] * parts), country) == (status, 1024, "FINAL_FAILURE_MANUAL")


@pytest.mark.parametrize(
    ("decided", "code"), [((True, False), 1001), ((False, True), 1024), ((True, False, True), 1024), ((True,), 1024)]
)
def test_of_several_returns_the_latest_says_why(decided: tuple[bool, ...], code: int) -> None:
    for country in ("BR", "MX"):
        assert told(came_back(*decided, of=3), country)[1:] == (code, TEXTS_IN[country][code])


@each_row("country", COUNTRIES)
def test_what_is_on_its_way_or_paid_has_no_reason(country: str) -> None:
    for state in (State.IN_REVIEW, State.RESERVED, State.PROCESSING, State.PAID):
        assert told(replace(PAYOUT, state=state), country)[1:] == (None, None)


def test_every_code_of_every_page_can_be_reached_but_for_those_that_another_says_more_exactly() -> None:
    unreached = {}
    for country in COUNTRIES:
        payouts = [failed(reason, "RUT") for reason in FailureReason] + [failed(reason) for reason in FailureReason]
        payouts.append(came_back(False))
        reached = {told(payout, country)[1] for payout in payouts}
        assert reached <= set(PAGES[country])
        unreached[country] = set(PAGES[country]) - reached
        assert not unreached[country] & NEVER_SENT_BEFORE
    assert unreached == {country: set() for country in COUNTRIES} | {"PK": {1011}}
