"""A route whose functions do not fit each other, and a handler that does not fit its ask, are refused by the type
checker: it is asked about a module with all of them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # a type checker of its own

ROOT = Path(__file__).parents[2]

MODULE = """
from outlay.core.asks import Ask, FindPayout, Greet, Made, OrderPayout
from outlay.core.payout import Payout
from outlay.core.refusal import Refusal
from outlay.wire.dialect import Asked, Call, Context, Credential, Now, Verified, proof, route
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault


def identify(request: Request) -> Call[int] | Fault:
    return Fault(401, 1, "no")


def identify_by_name(request: Request) -> Call[str] | Fault:
    return Fault(401, 1, "no")


def verify(call: Call[int], credential: Credential[bytes], now_ms: int) -> Verified[list[str]] | Fault:
    return Verified([])


def read(said: list[str], credential: Credential[bytes], now: Now) -> Asked[Payout, int] | Fault:
    return Asked(FindPayout("r"), 7)


def read_text(said: str, credential: Credential[bytes], now: Now) -> Asked[Payout, int] | Fault:
    return Asked(FindPayout("r"), 7)


def read_with_another_key(said: list[str], credential: Credential[str], now: Now) -> Asked[Payout, int] | Fault:
    return Asked(FindPayout("r"), 7)


def read_create(said: list[str], credential: Credential[bytes], now: Now) -> Asked[Made[Payout], int] | Fault:
    raise NotImplementedError


def write(answer: Payout, echo: int, context: Context[bytes]) -> Response | Fault:
    return Response(200, b"")


def write_echo_of_another(answer: Payout, echo: str, context: Context[bytes]) -> Response | Fault:
    return Response(200, b"")


async def find(runtime: int, caller: str, ask: FindPayout) -> Payout | Refusal:
    return Refusal.PAYOUT_NOT_FOUND


async def order(runtime: int, caller: str, ask: OrderPayout) -> Made[Payout] | Refusal:
    return Refusal.PAYOUT_NOT_FOUND


async def greet_in_words(runtime: int, caller: str, ask: Greet) -> str | Refusal:
    return ""


PROOF = proof(identify, verify)
route("GET", "/good", PROOF, read, write)
proof(identify_by_name, verify)  # a proof of another head
route("GET", "/a", PROOF, read_text, write)  # what the proof did not read
route("GET", "/b", PROOF, read_with_another_key, write)  # another kind of credential
route("GET", "/c", PROOF, read_create, write)  # the answer to another ask
route("GET", "/d", PROOF, read, write_echo_of_another)  # another echo
FindPayout.served_by(find)
OrderPayout.served_by(order)
FindPayout.served_by(order)  # a handler of another ask
Greet.served_by(greet_in_words)  # an answer that the ask does not name
"""


def test_what_does_not_fit_is_refused_by_the_type_checker_and_nothing_else_is(tmp_path: Path) -> None:
    module = tmp_path / "planted.py"
    module.write_text(MODULE)
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "mypy", *options, str(module)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    refused = {int(line) for line in re.findall(r"planted\.py:(\d+): error", found.stdout)}
    planted = {number for number, line in enumerate(MODULE.splitlines(), 1) if "  # " in line}
    assert refused == planted, found.stdout + found.stderr
