"""A table that is played in one test fails where one of its rows does, and names that row."""

import inspect
import os
from typing import Any

import pytest

from tests.support.rows import RowsFailed, each_row


def test_every_row_is_played_also_after_one_that_failed_and_those_that_failed_are_named() -> None:
    played: list[int] = []

    @each_row("number", [1, 2, pytest.param(3, id="the third"), 4])
    def is_odd_or_four(number: int) -> None:
        played.append(number)
        assert number == 4 or number < 2, f"not {number}"

    with pytest.raises(RowsFailed) as failed:
        is_odd_or_four()
    assert played == [1, 2, 3, 4]
    assert [name for name, _ in failed.value.failures] == ["2", "the third"]
    assert "[2]\nAssertionError: not 2" in str(failed.value)
    assert "[the third]\nAssertionError: not 3" in str(failed.value)
    assert failed.value.__cause__ is failed.value.failures[0][1], "whose lines are shown"


def test_a_table_whose_rows_all_hold_passes_and_its_test_takes_no_fixture_for_them() -> None:
    @each_row(("left", "right"), [(1, 1), (2, 2)])
    def are_equal(left: int, right: int, asked: str) -> None:
        assert (left, asked) == (right, "yes")

    are_equal(asked="yes")
    assert list(inspect.signature(are_equal).parameters) == ["asked"]


def test_what_a_row_changes_or_prints_is_gone_before_the_next_row(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    @each_row("name", ["ROW_ONE", "ROW_TWO"])
    def sees_only_itself(name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setenv(name, "set")
        print(name)
        assert [each for each in os.environ if each.startswith("ROW_")] == [name]
        if name == "ROW_TWO":
            assert capfd.readouterr().out == "ROW_TWO\n"

    sees_only_itself(monkeypatch=monkeypatch, capfd=capfd)
    assert "ROW_TWO" not in os.environ


def test_tables_that_are_crossed_name_the_row_of_each() -> None:
    @each_row("left", ["a", "b"])
    @each_row("right", [1, 2], ids=["one", "two"])
    def are_not_b_and_two(left: str, right: int) -> None:
        assert (left, right) != ("b", 2)

    with pytest.raises(RowsFailed) as failed:
        are_not_b_and_two()
    assert [name for name, _ in failed.value.failures] == ["'b' - two"]


@pytest.mark.parametrize("ending", [pytest.skip, pytest.fail, pytest.xfail], ids=["skip", "fail", "xfail"])
def test_a_row_cannot_leave_itself_out_and_one_that_gives_up_has_failed(ending: Any) -> None:
    @each_row("number", [1, 2])
    def gives_up(number: int) -> None:
        if number == 2:
            ending("for no reason")

    with pytest.raises(RowsFailed, match="for no reason"):
        gives_up()


def test_names_are_given_by_a_list_or_by_a_function_of_each_value() -> None:
    def fails(left: int, right: int) -> None:
        raise ValueError

    for ids, named in ((["x"], "x"), (lambda value: f"<{value}>" if value == 1 else None, "<1>, 2")):
        with pytest.raises(RowsFailed) as failed:
            each_row("left, right", [(1, 2)], ids=ids)(fails)()
        assert [name for name, _ in failed.value.failures] == [named]


def test_what_would_play_nothing_or_hide_something_is_refused_at_once() -> None:
    def takes(number: int) -> None:
        raise AssertionError

    async def waits(number: int) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="without rows proves nothing"):
        each_row("number", [])
    with pytest.raises(ValueError, match="has marks"):
        each_row("number", [pytest.param(1, marks=pytest.mark.slow)])
    with pytest.raises(ValueError, match="2 names for 1 rows"):
        each_row("number", [1], ids=["a", "b"])
    with pytest.raises(ValueError, match="argument 2 is longer"):
        each_row("left, right", [(1, 2, 3)])
    with pytest.raises(TypeError, match="the test takes"):
        each_row("another", [1])(takes)
    with pytest.raises(TypeError, match="what waits"):
        each_row("number", [1])(waits)
