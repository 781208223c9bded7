"""What the sandbox does, and what it is called, stands in its own room: a rail that comes after it need not be told
apart from it anywhere else.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from outlay.core.rail import SANDBOX_KIND
from outlay.sandbox.bank_accounts import INVALID_ENDING

pytestmark = pytest.mark.slow  # a cold scan of all sources

SOURCES = Path(__file__).resolve().parents[2] / "src" / "outlay"
# The rooms of those who know no rail by its name.
ROOMS = (
    "kit",
    "core",
    "wire",
    "present",
    "dialects",
    "running",
    "postgres",
    "store",
    "service",
    "rails",
    "workers",
    "api",
)
# Its name as the rail of accounts that have no other, and as a kind of rails.
KNOWN = {"core/account.py", "core/rail.py"}


def files_that_say(text: str, *rooms: str) -> set[str]:
    """In a string by itself: comments and documentation may speak of it."""
    return {
        path.relative_to(SOURCES).as_posix()
        for room in rooms
        for path in (SOURCES / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value == text
    }


def test_no_room_below_tells_the_sandbox_apart_by_its_name() -> None:
    assert files_that_say(SANDBOX_KIND, *ROOMS) == KNOWN


def test_what_makes_a_bank_account_invalid_is_the_sandboxs_own_rule() -> None:
    assert files_that_say(INVALID_ENDING, *ROOMS) == set()
    assert files_that_say(INVALID_ENDING, "sandbox") == {"sandbox/bank_accounts.py"}
