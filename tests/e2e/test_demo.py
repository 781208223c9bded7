"""`outlay demo`: what it shows is true, what it prints works when it is pasted, and nothing of it is left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from outlay.dialects import all_dialects
from tests.apis.found import all_names, documented_of
from tests.apis.seen import Seen, only
from tests.e2e.ordinary import ordinary_user
from tests.e2e.raw_http import Answer
from tests.e2e.server import processes_on, quiet_folder, wait_until

pytestmark = pytest.mark.slow

DIALECTS = all_names()
LINES_EACH = 6
"""Of the table."""
JSON = {"content-type": "application/json"}
PATIENCE_S = 120.0
GONE_WITHIN_S = 30.0
DEMO = (sys.executable, "-m", "outlay.cli", "demo")
README = Path(__file__).resolve().parents[2] / "README.md"
SHOWN = re.compile(r"^```console\n\$ \./run demo\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the demonstration's temporary folder will stand."""
    with quiet_folder() as made:
        yield made


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTLAY_")}
    # A database of the user's own must never be touched by a demonstration.
    return kept | {"TMPDIR": str(folder), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}


def nothing_is_left(folder: Path) -> bool:
    return processes_on(folder) == [] and list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def once() -> str:
    """What `outlay demo --once` prints."""
    with quiet_folder() as folder:
        done = subprocess.run(
            [*DEMO, "--once"], env=environment(folder), capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert nothing_is_left(folder)
    return done.stdout


def test_once_prints_what_was_asked_and_answered_but_no_line_that_is_dead_when_it_can_be_pasted(once: str) -> None:
    assert "curl" not in once
    assert "still serving" not in once.lower()
    shown = queries_in(once)
    assert len(shown) == 2 * len(DIALECTS)
    for dialect, query in zip(DIALECTS, shown, strict=False):
        assert query.api == dialect
        assert re.match(r"(GET|POST) /\w", query.line)
        says_what_the_documents_show(dialect, query.answer)


def test_every_query_belongs_to_a_line_of_the_table_which_tells_what_came_back_and_what_it_cost(once: str) -> None:
    lines = table_of(once)
    assert list(lines) == [str(number) for number in range(1, LINES_EACH * len(DIALECTS) + 1)]
    for api in DIALECTS:
        of_api = [line for line in lines.values() if line.api == api]
        costs = {line.story: (line.fee, line.state) for line in of_api}
        assert costs["no such account"] == costs["a late failure"] == ("0.00", "failed")
        assert costs["half comes back"] == ("6.04", "paid, 10.41 returned")
        assert costs["back in two parts"] == ("6.04", "paid, all returned")
        assert costs["sent back by hand"] == ("55.00", "paid, all returned")
    for query in queries_in(once):
        line = lines[query.number]
        assert (query.api, query.amount, query.state) == (line.api, line.amount, line.state)
    # What the table says was charged is what the books say was earned.
    for currency in {dialect.samples.currency for dialect in all_dialects().values()}:
        charged = sum(Decimal(line.fee) for line in lines.values() if line.amount.endswith(currency))
        assert re.search(rf" {currency} +fees +{charged}\b", once)
    assert "A failed payout costs nothing" in once
    assert re.search(r"^\d+ checks, no fault: the books hold$", once.strip().splitlines()[-1])


def test_the_readme_shows_what_it_prints_but_for_what_it_leaves_out(once: str) -> None:
    (shown,) = SHOWN.findall(README.read_text("utf-8"))
    others = {name for name in DIALECTS if name not in shown}
    currencies = {all_dialects()[name].samples.currency for name in others}
    printed = counted_alike(once, others, currencies)
    pieces = [re.escape(piece) for piece in counted_alike(shown, others, currencies).split("…")]
    assert re.match(".*?".join(pieces), printed, re.DOTALL), printed


def counted_alike(text: str, others: Collection[str], currencies: Collection[str]) -> str:
    """Without what is printed of other APIs, in the table and in the totals of their currencies; and without what else
    tells how many there are: numbers of lines, and how wide a column is."""
    said = [" ".join(line.split()) for line in text.splitlines() if line.split()]
    kept = [line for line in said if not {*line.split()[:2]} & {*others, *currencies}]
    return "".join(re.sub(r"^(No\. )?\d+\b", r"\1N", re.sub("─+", "─", line)) + "\n" for line in kept)


def test_once_as_json_is_one_document_with_what_a_program_needs(folder: Path) -> None:
    done = subprocess.run(
        [*DEMO, "--once", "--json"],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)  # anything beside the one document would be a fault here
    assert {"base_url", "accounts", "credentials", "queries", "books"} <= document.keys()
    assert document["books"]["ok"] is True
    for part in ("accounts", "credentials", "queries"):
        assert tuple(sorted(document[part])) == DIALECTS
    for dialect, query in document["queries"].items():
        assert {"request", "response"} <= query.keys()
        assert query["request"]["url"].startswith(document["base_url"])
        assert query["request"]["curl"] is None  # its server is gone
        says_what_the_documents_show(dialect, query["response"])
        assert tuple(document["credentials"][dialect]) == tuple(documented_of(dialect).shown)
        back = read(dialect, document["returned_queries"][dialect]["response"])
        assert "returned" in back.standings
        assert back.returned_minor == back.amount_minor
    returned = document["returned_queries"]["teemopay"]["response"]["data"]
    assert (returned["amount"], returned["status"], returned["totalRefundAmount"]) == ("1000.00", 4, "1000.00")
    assert [refund["refundAmount"] for refund in returned["refundDetails"]] == ["500.00", "500.00"]
    assert nothing_is_left(folder)


def test_the_printed_lines_work_when_they_are_pasted_and_an_interrupt_ends_it_cleanly(folder: Path) -> None:
    with demonstration(folder) as (process, printed):
        queries = queries_in(printed)
        assert len(queries) == 2 * len(DIALECTS)
        for number, query in enumerate(queries):
            assert query.line.startswith("curl ")
            answer = paste(query.line, "sh" if number % 2 else "bash")
            assert without_trace(answer) == without_trace(query.answer)
        # As a terminal does it: to the whole group at once.
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
        assert nothing_is_left(folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_cleans_up_too_when_it_is_told_to_end_or_its_terminal_is_closed(
    folder: Path, number: signal.Signals
) -> None:
    with demonstration(folder) as (process, _):
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0
        assert nothing_is_left(folder)


def test_an_interrupt_in_the_middle_leaves_nothing_behind(folder: Path) -> None:
    process = subprocess.Popen(
        DEMO, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    with process:
        wait_until(lambda: list(folder.glob("outlay-demo-*/pg")), PATIENCE_S, "its database exists")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE_S) != 0
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert nothing_is_left(folder)


def test_when_it_is_killed_its_server_and_database_follow(folder: Path) -> None:
    with demonstration(folder) as (process, _):
        assert processes_on(folder)
        process.kill()
        wait_until(lambda: not processes_on(folder), GONE_WITHIN_S, "nothing runs any more")


def test_when_it_is_killed_while_its_database_starts_that_follows_too(folder: Path) -> None:
    process = subprocess.Popen(DEMO, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: list(folder.glob("outlay-demo-*/pg.new-*")), PATIENCE_S, "its database is being made")
    process.kill()
    process.wait()
    wait_until(lambda: not processes_on(folder), GONE_WITHIN_S, "nothing runs any more")


def test_an_ordinary_user_can_run_it() -> None:
    with ordinary_user() as user:
        words = ["-m", "outlay.cli", "demo", "--once", "--json"]
        with user.start(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, err
        for dialect, query in json.loads(out)["queries"].items():
            says_what_the_documents_show(dialect, query["response"])
        assert processes_on(user.home) == []
        assert list((user.home / "tmp").iterdir()) == []


def read(dialect: str, answer: Any) -> Seen:
    """What a merchant understands of the answer to a question."""
    return only(documented_of(dialect).read_query(Answer(200, JSON, json.dumps(answer).encode())))


def says_what_the_documents_show(dialect: str, answer: Any) -> None:
    """The amounts of the public pages, and what must have become of them."""
    samples, seen = all_dialects()[dialect].samples, read(dialect, answer)
    amount_minor = int(samples.amount.replace(".", ""))
    assert (seen.amount_minor, seen.currency or samples.currency) == (amount_minor, samples.currency)
    assert "paid" in seen.standings
    assert seen.fee_minor in (None, 5_00 + (amount_minor * 5 + 50) // 100)


class Query(msgspec.Struct, frozen=True):
    """A query as it is shown: about which payout, what was asked or is to be pasted, and the answer below it."""

    number: str
    api: str
    amount: str
    state: str
    line: str
    answer: Any


def queries_in(printed: str) -> list[Query]:
    found = []
    for match in re.finditer(r"^No\. (\d+), (\w+), ([\d.]+ [A-Z]{3}), (.+):\n(.+)$", printed, re.MULTILINE):
        answer, _ = json.JSONDecoder().raw_decode(printed[match.end() :].lstrip())
        found.append(Query(*match.groups(), answer))
    return found


class Line(msgspec.Struct, frozen=True):
    """A line of the table of payouts."""

    api: str
    story: str
    amount: str
    fee: str
    state: str


def table_of(printed: str) -> dict[str, Line]:
    """By number. Where no terminal is watching, the table is printed once, when everything is settled."""
    lines = [re.split(r" {2,}", line.strip()) for line in printed.splitlines() if re.match(r" +\d+ {2,}\w", line)]
    return {number: Line(*cells) for number, *cells in lines}


def paste(line: str, shell: str) -> Any:
    assert shutil.which("curl"), "the lines to paste are for curl"
    done = subprocess.run([shell], input=f"{line}\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def without_trace(answer: Any) -> Any:
    """Every answer of one API has a trace id of its own."""
    return {name: value for name, value in answer.items() if name != "traceId"}


@contextmanager
def demonstration(folder: Path, words: Sequence[str] = ()) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """One that has shown everything and keeps serving, and what it has printed."""
    process = subprocess.Popen(
        [*DEMO, *words],
        env=environment(folder) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("Still serving"):
                break
        assert process.poll() is None, printed
        yield process, printed
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
