"""The three pages that Outlay began with give what they print: their requests, read from the pages' text, get their
answers once orders were made that make them true.
"""

from __future__ import annotations

import pytest

from tests.apis.found import part_of
from tests.examples.entries import Entry, entries
from tests.examples.filling import Played
from tests.examples.forms import ISO_TIME, LOCAL_TIME, PAYOUT_ID, REFUND_NO, TRACE_ID, printed_with, trade_no
from tests.examples.pages import Printed, from_curl, from_tables, page
from tests.examples.stage import Stage

lesspay_entries = part_of("lesspay", "example_entries")
teemopay_entries = part_of("teemopay", "example_entries")
teemopay_senders = part_of("teemopay", "example_senders")
uqpay_entries = part_of("uqpay", "example_entries")

LESSPAY = from_curl(page("lesspay-query"))
TEEMOPAY = from_tables(page("teemopay-query"))
UQPAY = from_curl(page("uqpay-retrieve"))


def entry_of(api: str, name: str) -> Entry:
    [found] = [entry for entry in entries(api) if entry.name == name]
    return found


@pytest.mark.parametrize(
    ("printed", "entry", "base", "headers"),
    [
        (LESSPAY, entry_of("lesspay", "query page (seed)"), "", 4),
        (TEEMOPAY, entry_of("teemopay", "query BR status 1"), "", 4),
        (UQPAY, entry_of("uqpay", "retrieve payout (seed)"), "/api", 2),
    ],
    ids=["lesspay", "teemopay", "uqpay"],
)
def test_a_page_is_read_as_its_entry_has_it(printed: Printed, entry: Entry, base: str, headers: int) -> None:
    assert (printed.method, printed.path, printed.body) == (entry.method, base + entry.path, entry.body)
    assert len(printed.headers) == headers
    assert {name.lower() for name in printed.headers} <= {name.lower() for name in entry.headers}
    assert printed.answers[0] == entry.response


def test_no_answer_of_a_page_is_passed_over() -> None:
    assert [len(printed.answers) for printed in (LESSPAY, TEEMOPAY, UQPAY)] == [1, 3, 1]


def faults_of(played: Played) -> list[str]:
    return [f"{fault} || {played.line()}" for fault in played.faults()]


@pytest.mark.slow
def test_the_lesspay_page_gives_a_text_for_every_empty_one_that_it_prints(stage: Stage) -> None:
    lesspay = part_of("lesspay", "example_senders").sender(stage).lesspay
    order = lesspay_entries.failed_order(stage, lesspay)
    body = {name: order[name] for name in LESSPAY.body}
    values = {"x-auth-signature": "<sign>", "x-auth-appid": "<app id>", "X-Auth-Timestamp": "<now, 13 digits>"}
    headers = {name: value or values[name] for name, value in LESSPAY.headers.items()}
    call = lesspay_entries.call_of(headers, LESSPAY.path, lesspay, body)
    expected = lesspay_entries.seed_answer(LESSPAY.answers[0])
    assert not faults_of(Played(stage.server, call, expected))


TEEMOPAY_HEADERS = {
    "timestamp": "<now, 13 digits>",
    "nonce": "<32 fresh characters>",
    "country": "<country>",
    "app_code": "<app code>",
    "Content-Type": "application/json",
}
TEEMOPAY_FORMS = {
    "tradeNo": trade_no("BR"),
    "traceId": TRACE_ID,
    "completeTime": LOCAL_TIME,
    "refundNo": REFUND_NO,
    "refundTime": LOCAL_TIME,
}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3), ids=["under way", "returned in two halves", "not found"])
def test_the_teemopay_page_gives_each_of_its_answers(stage: Stage, number: int) -> None:
    if number == 0:
        teemopay, reference = teemopay_senders.ordered(stage, "BR", "BRL", "300.11", status=1, purpose="reviewed")
    elif number == 1:
        teemopay, reference = teemopay_senders.returned_by_decision(stage)
    else:
        teemopay, reference = teemopay_senders.sender(stage, "BR"), TEEMOPAY.body["merchantOrderNo"]
    assert TEEMOPAY.headers.keys() <= TEEMOPAY_HEADERS.keys()
    body = TEEMOPAY.body | {"merchantOrderNo": reference}
    call = teemopay_entries.call_of(TEEMOPAY_HEADERS, TEEMOPAY.path, teemopay, body)
    expected = printed_with(TEEMOPAY.answers[number], TEEMOPAY_FORMS | {"merchantOrderNo": reference})
    assert not faults_of(Played(stage.server, call, expected))


@pytest.mark.slow
def test_the_uqpay_page_gives_its_payout(stage: Stage) -> None:
    uqpay = part_of("uqpay", "example_senders").sender(stage).uqpay
    [answer] = UQPAY.answers
    order = {name: answer[name] for name in uqpay_entries.PAYOUT}
    payout_id = uqpay.post(uqpay.CREATE, order)["payout_id"]
    values = {"x-auth-token": "<token>", "x-idempotency-key": "<fresh UUID>"}
    headers = {name: values[name] for name in UQPAY.headers}
    call = uqpay_entries.call_of(headers, UQPAY.method, UQPAY.path.replace("{payout_id}", payout_id), uqpay)
    expected = printed_with(answer, {"payout_id": PAYOUT_ID, "create_time": ISO_TIME}) | {"payout_id": payout_id}
    assert not faults_of(Played(stage.server, call, expected))
