"""Which errors are a database's, and what is advised by their codes."""

from __future__ import annotations

import errno
import socket
from itertools import pairwise

import asyncpg
import pytest

from outlay.store.database import Unavailable
from outlay.store.troubles import _ADVICE, told
from tests.support.rows import each_row

SILENT = "the database does not answer ("
LOOK_FIRST = "look first whether it did"


def from_server(sqlstate: str) -> asyncpg.PostgresError:
    return asyncpg.PostgresError.new({"C": sqlstate, "M": "what it said", "D": "secret", "S": "ERROR"})


@each_row(
    ("error", "said"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "Connection refused"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "No such file or directory"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError("Multiple exceptions: one, another"), "Multiple exceptions: one, another"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "No route to host"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "Broken pipe"),
        (TimeoutError(), "timed out"),
        (asyncpg.InterfaceError("connection is closed"), "connection is closed"),
    ],
)
def test_a_connection_that_cannot_be_had_or_has_gone_is_a_database_that_does_not_answer(
    error: Exception, said: str
) -> None:
    assert (told(error) or "").startswith(f"{SILENT}{said}): look whether the database server runs")


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file or directory", "secret.key"),
        PermissionError(errno.EACCES, "Permission denied", "secret.key"),
        OSError(errno.ENOSPC, "No space left on device"),
        ValueError("a fault of ours"),
        KeyError("another"),
    ],
)
def test_what_a_file_says_and_what_is_a_fault_of_ours_is_no_trouble_of_a_database(error: Exception) -> None:
    assert told(error) is None


def test_what_stands_behind_an_error_is_told_and_doubt_only_where_there_is_any() -> None:
    wrapped = RuntimeError("a library's own words")
    wrapped.__cause__ = from_server("25006")
    assert told(wrapped) == "the database says: what it said: " + advice("25006")
    doubtful = Unavailable("away", may_have_happened=True)
    assert told(doubtful) == f"away; if the command was to change something, {LOOK_FIRST}"
    doubtful.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert (told(doubtful) or "").startswith(f"{SILENT}No space left on device)")
    assert (told(doubtful) or "").endswith(LOOK_FIRST)


def advice(sqlstate: str) -> str:
    return (told(from_server(sqlstate)) or "").removeprefix("the database says: what it said: ")


def test_the_advice_is_by_the_code_or_its_class_and_never_by_two() -> None:
    beginnings = sorted(_ADVICE)
    assert not any(after.startswith(before) for before, after in pairwise(beginnings))
    assert "took too long" in advice("57014")
    assert "others are using the same" in advice("55P03") == advice("55006")
    assert "the primary server" in advice("55000"), "a standby that is to give a number to a transaction"
    assert advice("57P03") == advice("57P01") == "look whether the database server runs, and try again"
    assert advice("28P01") == advice("28000") != advice("3D000")
    assert advice("P0001") == advice("22012") == "look at the log of the database server"
