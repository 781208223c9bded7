"""The control of the comparison: every kind of wrong answer is told, and right ones are not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.examples.comparer import AtLeast, Each, Number, OneOf, Text, differences
from tests.examples.forms import ISO_TIME, JWT, MONEY, amount_text, printed_with
from tests.support.rows import each_row

EXPECTED = {
    "code": 200,
    "data": {"amount": "1000.00", "fee": MONEY, "at": ISO_TIME, "why": None, "is": True, "names": ["a", "b"]},
    "msg": "success",
}
RIGHT = {
    "code": 200,
    "data": {
        "amount": "1000.00",
        "fee": "5.00",
        "at": "2026-01-05T16:00:00+08:00",
        "why": None,
        "is": True,
        "names": ["a", "b"],
    },
    "msg": "success",
}


def changed(path: str, value: Any = ...) -> dict[str, Any]:
    """The right answer with one thing otherwise; without a value it is not there."""
    wrong = RIGHT | {"data": dict(RIGHT["data"])}  # type: ignore[call-overload]
    place: Any = wrong
    *outer, name = path.split(".")
    for step in outer:
        place = place[step]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return wrong


def test_the_right_answer_has_no_differences() -> None:
    assert differences(EXPECTED, RIGHT) == []
    assert differences(EXPECTED, dict(reversed(RIGHT.items()))) == [], "the order of members is no part of it"


@each_row(
    ("wrong", "said"),
    [
        (changed("code", "200"), "code is '200' instead of 200"),
        (changed("code", 200.0), "code is 200.0 instead of 200"),
        (changed("code", True), "code is True instead of 200"),
        (changed("data.is", 1), "data.is is 1 instead of True"),
        (changed("data.amount", 1000.00), "data.amount is 1000.0 instead of '1000.00'"),
        (changed("data.amount", "1000"), "data.amount is '1000' instead of '1000.00'"),
        (changed("data.fee", "5"), "data.fee is '5', not an amount with 2 decimals"),
        (changed("data.fee", "5.000"), "data.fee is '5.000', not an amount with 2 decimals"),
        (changed("data.fee", 5.00), "data.fee is 5.0, not an amount with 2 decimals"),
        (changed("data.fee", None), "data.fee is None, not an amount with 2 decimals"),
        (changed("data.at", "2026-01-05 16:00:00"), "data.at is '2026-01-05 16:00:00', not a time at +08:00"),
        (changed("data.at", ""), "data.at is '', not a time at +08:00"),
        (changed("data.why", ""), "data.why is '' instead of None"),
        (changed("data.why", "Return"), "data.why is 'Return' instead of None"),
        (changed("data.names", ["b", "a"]), "data.names[0] is 'b' instead of 'a'"),
        (changed("data.names", ["a"]), "data.names is ['a'], not a list of 2"),
        (changed("data.names", "ab"), "data.names is 'ab', not a list of 2"),
        (changed("data.why"), "data lacks why"),
        (changed("data.more", 1), "data has more too"),
        (changed("data", None), "data is None, not an object"),
        (changed("msg", "Success"), "msg is 'Success' instead of 'success'"),
        ([], "the answer is [], not an object"),
    ],
)
def test_a_wrong_answer_is_told_in_words(wrong: Any, said: str) -> None:
    assert differences(EXPECTED, wrong)[0] == said


def test_every_difference_is_told_and_not_only_the_first() -> None:
    both = changed("msg", "no") | {"code": 500}
    assert differences(EXPECTED, both) == ["code is 500 instead of 200", "msg is 'no' instead of 'success'"]


@pytest.mark.parametrize("wrong", ["1", 1.0, True, -1, None])
def test_a_number_is_an_integer_and_not_negative(wrong: Any) -> None:
    assert differences(Number(), wrong)
    assert not differences(Number(), 1)


def test_one_of_several_takes_each_and_nothing_else() -> None:
    rule = OneOf((None, "a", MONEY))
    assert [differences(rule, right) for right in (None, "a", "1.00")] == [[], [], []]
    assert differences(rule, "b") == ["the answer is 'b', none of None, 'a', an amount with 2 decimals"]


def test_a_list_is_judged_item_by_item_and_by_its_order() -> None:
    rule = Each({"code": Text("a code")}, by="code")
    assert not differences(rule, [{"code": "a"}, {"code": "b"}])
    assert differences(rule, [{"code": "b"}, {"code": "a"}]) == ["the answer is not in the order of code"]
    assert differences(rule, [{"code": "a"}, {"code": 1}]) == ["[1].code is 1, not a code"]
    assert differences(rule, []) == ["the answer is [], not a list of at least 1"]
    assert not differences(Each("", least=0), [])


def test_at_least_lets_other_members_pass_and_misses_none() -> None:
    rule = AtLeast({"a": "1"})
    assert not differences(rule, {"a": "1", "b": 2})
    assert differences(rule, {"b": 2}) == ["the answer lacks a"]
    assert differences(rule, "a") == ["the answer is 'a', not an object"]


def test_an_amount_keeps_the_form_that_is_printed() -> None:
    assert amount_text("1000", printed="300.11") == "1000.00"
    assert amount_text("1000.01", printed="300.11") == "1000.01"
    assert amount_text("10000", printed="10000") == "10000"


def test_what_cannot_be_foreseen_is_held_to_the_form_that_is_printed() -> None:
    printed = {"at": "2025-09-18T15:47:41+08:00", "done": "", "id": "PO1", "list": [{"at": None}]}
    expected = printed_with(printed, {"at": ISO_TIME, "done": ISO_TIME, "id": Text("an id")})
    right = {"at": "2026-01-01T00:00:00+08:00", "done": "", "id": "PO2", "list": [{"at": None}]}
    assert not differences(expected, right)
    for wrong in ({"done": right["at"]}, {"at": ""}, {"id": ""}, {"list": [{"at": right["at"]}]}):
        assert differences(expected, right | wrong)


def test_a_token_is_read_as_the_clients_read_it() -> None:
    assert differences(JWT, "2YotnFZFEjr1zCsicMWpAA")
    assert differences(JWT, "a.b.c")
