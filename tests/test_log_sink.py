"""The log's own parts: how many lines it takes, what a line looks like whatever is in it, and what becomes of it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from outlay.process.logging import LONGEST_LINE, MOST_WAITING, SMALLEST_BURST, Budget, LineForm, LogSink

PATIENCE_S = 20.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# How many


@pytest.mark.parametrize("rate", [1, 7, 200])
def test_a_second_has_as_many_lines_as_the_rate_says_after_the_first_burst(rate: int) -> None:
    clock = Clock()
    budget = Budget(rate, clock)
    burst = sum(budget.take(True) for _ in range(10 * max(rate, SMALLEST_BURST)))
    assert burst == max(rate, SMALLEST_BURST)
    clock.now += 1.0
    assert sum(budget.take(True) for _ in range(10 * rate)) == rate


def test_a_flood_of_other_lines_leaves_room_for_errors() -> None:
    budget = Budget(100, Clock())
    assert 0 < sum(budget.take(False) for _ in range(1000)) < 100
    assert budget.take(True)


def test_lines_that_are_no_errors_are_taken_again_after_a_while() -> None:
    clock = Clock()
    budget = Budget(1, clock)
    while budget.take(False):
        pass
    clock.now += 1.0
    assert budget.take(False)


# What they look like


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def deep(levels: int) -> None:
    if levels:  # two calls in turn: Python writes a repeated one only once
        deeper(levels - 1)
    raise ValueError("at the bottom")


def deeper(levels: int) -> None:
    deep(levels)


def deeply_raised() -> BaseException:
    try:
        deep(300)
    except ValueError as caught:
        return caught
    raise AssertionError


def endless() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


HARD = {
    "a value that cannot be shown": {"value": Unshowable()},
    "half a surrogate pair": {"value": "\ud800"},
    "a megabyte of text": {"value": "x" * 1_000_000},
    "a megabyte that grows when it is escaped": {"value": "\U0001f600" * 250_000},
    "many long values": {f"value{number}": "x" * 50_000 for number in range(20)},
    "a number of five thousand digits": {"value": 10**5000},
    "what is no number": {"value": float("nan")},
    "bytes": {"value": b"\xff\x00"},
    "an exception that cannot be said": {"exc_info": raised(Unspeakable())},
    "no exception at all": {"exc_info": "nothing"},
    "a deep exception": {"exc_info": deeply_raised()},
    "an exception with a megabyte to say": {"exc_info": raised(ValueError("x" * 1_000_000))},
    "a list that holds itself": {"value": endless()},
}


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
@pytest.mark.parametrize("values", HARD.values(), ids=HARD.keys())
def test_whatever_is_in_it_a_line_is_made_and_is_bounded(values: dict[str, Any], as_json: bool) -> None:
    line = LineForm(as_json)(None, "error", {"event": "it happened", **values})
    assert len(line) <= LONGEST_LINE
    assert line.endswith(b"\n")
    if as_json:
        document = json.loads(line)
        assert (document["event"], document["level"]) == ("it happened", "error")
        assert line.count(b"\n") == 1
    else:
        assert b"it happened" in line


def test_of_a_long_traceback_the_last_line_stays() -> None:
    line = LineForm(as_json=True)(None, "error", {"event": "it happened", "exc_info": deeply_raised()})
    said = json.loads(line)["exception"]
    assert said.startswith("Traceback")
    assert said.endswith("ValueError: at the bottom")
    assert "characters left out" in said


@pytest.mark.parametrize("sent", ["/pay\nERROR all is lost", "\x1b[2J", "\u2028x", "a\rb"])
def test_in_plain_text_nothing_that_was_sent_looks_like_a_line_of_its_own(sent: str) -> None:
    line = LineForm(as_json=False)(None, "info", {"event": "request refused", "path": sent})
    assert len(line.decode().splitlines()) == 1
    assert b"\x1b" not in line
    assert sent[-1] in line.decode()


def test_an_event_that_even_the_form_cannot_render_is_still_a_line() -> None:
    form = LineForm(as_json=True)
    assert b"cannot be shown" in form(None, "info", {"event": "x", 1: "y", "z": 2, None: "no name", b"b": 1})  # type: ignore[dict-item]


# What becomes of them


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    try:
        yield reader, writer
    finally:
        for descriptor in (reader, writer):
            with contextlib.suppress(OSError):  # where the test has closed it
                os.close(descriptor)


def sink_to(descriptor: int) -> LogSink:
    return LogSink(descriptor, 1_000_000, lambda lost: b"lost %d\n" % lost)


def read_all(descriptor: int) -> bytes:
    text = b""
    while piece := os.read(descriptor, 65_536):
        text += piece
    return text


def test_lines_come_in_the_order_in_which_they_were_put() -> None:
    with pipe() as (reader, writer):
        sink = sink_to(writer)
        lines = [b"line %d\n" % number for number in range(900)]
        for line in lines:
            sink.put(line)
        sink.close(PATIENCE_S)
        os.close(writer)
        assert read_all(reader) == b"".join(lines)


def test_a_pipe_that_nobody_reads_makes_neither_the_asker_nor_the_end_wait() -> None:
    with pipe() as (reader, writer):
        sink = sink_to(writer)
        began = time.monotonic()
        admitted = 0
        for _ in range(5 * MOST_WAITING):
            if sink.admits(True):
                admitted += 1
                sink.put(b"x" * 999 + b"\n")
        sink.close(0.2)
        assert time.monotonic() - began < PATIENCE_S
        assert MOST_WAITING <= admitted < 2 * MOST_WAITING
        # Read after all, everything that was taken is there, and the number of what was not.
        text = b""
        while (told := text.count(b"x\n") + sum(map(int, re.findall(rb"lost (\d+)\n", text)))) < 5 * MOST_WAITING:
            text += os.read(reader, 65_536)
        assert text.count(b"x\n") == admitted
        assert told == 5 * MOST_WAITING


def test_a_pipe_that_somebody_else_made_not_to_block_loses_nothing() -> None:
    with pipe() as (reader, writer):
        fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
        sink = sink_to(writer)
        for _ in range(200):
            sink.put(b"x" * 999 + b"\n")
        read: list[bytes] = []
        slow = threading.Thread(target=lambda: read.append(read_all(reader)))
        slow.start()
        sink.close(PATIENCE_S)
        os.close(writer)
        slow.join(PATIENCE_S)
        assert read[0] == (b"x" * 999 + b"\n") * 200


def test_where_writing_fails_the_lines_are_counted_and_told_at_the_end_where_it_works_again() -> None:
    with pipe() as (reader, writer):
        spare = os.dup(reader)
        os.close(reader)
        os.close(spare)  # nobody can read any more
        sink = sink_to(writer)
        for number in range(3):
            assert sink.admits(True)
            sink.put(b"line %d\n" % number)
        deadline = time.monotonic() + PATIENCE_S
        while sink._lost < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        again, new_writer = os.pipe()
        os.dup2(new_writer, writer)
        os.close(new_writer)
        sink.close(PATIENCE_S)
        os.close(writer)
        assert read_all(again) == b"lost 3\n"
        os.close(again)


def test_without_a_thread_to_be_had_a_line_waits_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with pipe() as (reader, writer):
        sink = sink_to(writer)
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", no_thread)
            sink.put(b"first\n")
        sink.put(b"second\n")
        sink.close(PATIENCE_S)
        os.close(writer)
        assert read_all(reader) == b"first\nsecond\n"


OF_OTHERS = """
import atexit, logging, warnings
from outlay.process.logging import configure_logging
from outlay.process.settings import Settings
configure_logging(Settings.read(log="json"))
logging.getLogger("a library").warning("plain %s", "words")
logging.getLogger("a library").warning("%d is no number", "x")
logging.getLogger("a library").log(35, "an odd level")
logging.getLogger("a library").error("x" * 1_000_000)
warnings.warn("old")
class Bad:
    def __del__(self):
        raise ValueError("in a destructor")
Bad()
logging.getLogger("a library").warning("the end")
print("done")
atexit._run_exitfuncs()  # the log is written: Python's own words come in two pieces, and a line could come between
raise SystemExit("last words")
"""


@pytest.mark.slow
def test_what_libraries_warnings_and_destructors_say_goes_the_same_way_and_last_words_as_ever() -> None:
    done = subprocess.run([sys.executable, "-c", OF_OTHERS], check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout == "done\n"
    lines = done.stderr.splitlines()
    said = [json.loads(line) for line in lines if line.startswith("{")]
    assert [line for line in lines if not line.startswith("{")] == ["last words"]
    events = [line["event"] for line in said]
    assert events[:3] == ["plain words", "%d is no number", "an odd level"]
    assert events[3].startswith("xxx")
    assert "UserWarning: old" in events[4]
    assert "ValueError: in a destructor" in said[5]["exception"]
    assert events[6] == "the end"
    assert logging.getLevelName(35) == "Level 35"


AT_THE_VERY_END = """
import os
from outlay.process.logging import configure_logging
from outlay.process.settings import Settings
configure_logging(Settings.read(log="json"))
print("kept by Python until it ends, and then it cannot be written")
os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
"""


@pytest.mark.slow
def test_a_process_whose_first_line_comes_while_python_ends_ends_all_the_same() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", AT_THE_VERY_END]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 120, "Python's own word for an output that it could not write"
    assert done.stdout == ""
