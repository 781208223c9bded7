"""While exchanges are recorded it is known which values of an answer a test compared; nothing else about it changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.coverage.compared import following
from tests.coverage.exchange import Exchange
from tests.coverage.recorder import Comparing, Recorder, compared
from tests.support.rows import each_row

DOCUMENT = {"code": 0, "data": {"status": "PAID", "at": "17", "why": None, "details": [{"amount": "1.00"}]}}


class Told:
    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.held: set[tuple[str, str]] = set()
        self.document = following(json.loads(json.dumps(DOCUMENT)), self)

    def compared(self, path: str, value: Any) -> None:
        self.paths.add(path)

    def same(self, path: str, other: Any, other_path: str) -> None:
        self.held.add((path, other_path))


@each_row(
    ("compare", "paths"),
    [
        (lambda document: document["code"] == 0, {"code"}),
        (lambda document: document["code"] < 1, {"code"}),
        (lambda document: document["data"]["status"] == "PAID", {"data.status"}),
        (lambda document: "PAID" == document["data"]["status"], {"data.status"}),  # noqa: SIM300
        (lambda document: document["data"]["status"] in ("PAID", "FAILED"), {"data.status"}),
        (lambda document: "AI" in document["data"]["status"], {"data.status"}),
        (lambda document: int(document["data"]["at"]) > 16, {"data.at"}),
        (lambda document: document["data"]["why"] is None, {"data.why"}),
        (lambda document: document["data"].get("why", 1) is None, {"data.why"}),
        (
            lambda document: document["data"]["details"] == [{"amount": "1.00"}],
            {"data.details", "data.details[].amount"},
        ),
        (
            lambda document: [each["amount"] for each in document["data"]["details"]] == ["1.00"],
            {"data.details[].amount"},
        ),
        (lambda document: (document["code"], document["data"]["at"]) == (0, "17"), {"code", "data.at"}),
    ],
)
def test_a_value_that_is_compared_is_told(compare: Any, paths: set[str]) -> None:
    told = Told()
    assert compare(told.document)
    assert told.paths == paths


def test_what_is_only_fetched_is_not_told() -> None:
    told = Told()
    str(told.document["data"]["status"] + str(told.document["data"]["details"]))
    assert "status" in told.document["data"]
    assert told.paths == set()


def test_a_comparison_that_comes_out_unequal_is_not_told() -> None:
    told = Told()
    assert told.document["data"]["status"] != "FAILED"
    assert told.document["data"]["status"] not in ("FAILED", "SENT")
    assert told.document != {"code": 0}
    assert told.document["code"] != 1
    assert told.paths == set()


def test_a_value_that_is_held_against_another_answer_is_not_told() -> None:
    told, other = Told(), Told()
    assert told.document["data"]["status"] == other.document["data"]["status"]
    assert told.document["code"] == other.document["code"]
    assert told.document["data"]["details"][0] == other.document["data"]["details"][0]
    assert told.paths == other.paths == set()
    paths = ("data.status", "code", "data.details[].amount")
    assert told.held == {(path, path) for path in paths}


def test_a_value_that_is_compared_with_itself_is_not_told() -> None:
    told = Told()
    inner = told.document["data"]
    assert inner == {
        "status": inner["status"],
        "at": "17",
        "why": None,
        "details": [{"amount": inner["details"][0]["amount"]}],
    }
    assert told.paths == {"data.at", "data.why", "data.details"}


def test_a_document_that_is_followed_is_the_same_document() -> None:
    document = Told().document
    assert document == DOCUMENT
    assert not document != DOCUMENT  # noqa: SIM202
    assert json.dumps(document) == json.dumps(DOCUMENT)
    assert repr(document) == repr(DOCUMENT)
    assert document["data"].get("nothing", "x") == "x"


def test_what_is_compared_of_an_answer_becomes_an_observation_of_the_running_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorder = Recorder()
    recorder.is_on = True
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "tests/e2e/test_a.py::test_it (call)")
    data = {"currency": "BRL", "total_balance": "1.00"}
    answer = {"code": 0, "msg": "SUCCESS", "data": data, "encryptData": "", "sign": "x"}
    comparing = recorder.record(
        Exchange(
            method="POST",
            target="/api/global/payout/balance",
            headers={},
            body=b"{}",
            status=200,
            answer_headers={},
            answer=json.dumps(answer).encode(),
        )
    )
    assert comparing is not None
    assert comparing == Comparing({}, set(), ())
    document = following(answer, comparing)
    assert document["data"]["currency"] == "BRL"
    seen = recorder.seen["lesspay"]
    row = "response POST /api/global/payout/balance {}"
    assert seen[compared(row.format("currency"))] == {"e2e/test_a.py::test_it"}
    assert compared(row.format("total_balance")) not in seen
    assert seen[row.format("total_balance")] == {"e2e/test_a.py::test_it"}


def test_what_was_held_against_a_value_that_was_compared_is_compared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "tests/e2e/test_a.py::test_it (call)")
    recorder = Recorder()
    made, found, listed = (
        following({"id": "1"}, Comparing(recorder.seen["lesspay"], recorder.same, [f"response {name} id"]))
        for name in ("made", "found", "listed")
    )
    assert found["id"] == made["id"]
    assert listed == found
    assert not [name for name in recorder.found()["lesspay"] if name.startswith("compared")]
    assert made["id"] == "1"
    assert recorder.found()["lesspay"] == {
        compared(f"response {name} id"): ["e2e/test_a.py::test_it"] for name in ("made", "found", "listed")
    }
