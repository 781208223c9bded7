"""Gathers over a whole run which test was seen to exercise which documented row, and compares or writes the pages.

`--coverage-pages=check` compares in the end, and the run fails where a page is not the truth; `write` writes the pages.
With pytest-xdist every worker hands over what it saw, and the first process compares.

The trap: a run of only some tests proves nothing about rows without one, so there is no verdict on a selection.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.apis.found import all_rows
from tests.coverage import pages
from tests.coverage.exchange import Exchange
from tests.coverage.recorder import RECORDER, Seen, add_to, compared, nothing_seen
from tests.coverage.verdict import complaints, names
from tests.rules.collecting import claiming_tests

OF_ALL = ["tests/e2e", "tests/apis/test_exercise.py"]
"""What `./run coverage` runs: only these tests are recorded."""
_OUTPUT = "seen_on_the_wire"
_SENT = httpx.HTTPTransport.handle_request


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--coverage-pages",
        choices=("off", "check", "write"),
        default="off",
        help="hold docs/coverage-*.md against what this run exercised, or write them anew",
    )


def pytest_configure(config: pytest.Config) -> None:
    RECORDER.is_on = config.getoption("--coverage-pages") != "off"
    if not RECORDER.is_on:
        return
    httpx.HTTPTransport.handle_request = _recording  # type: ignore[method-assign, assignment]
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Gathering(config), "coverage-pages")


def pytest_unconfigure() -> None:
    httpx.HTTPTransport.handle_request = _SENT  # type: ignore[method-assign]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if RECORDER.is_on and hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_OUTPUT] = RECORDER.found()


def _recording(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
    """What the official UQPAY client sends: its transport opens real sockets."""
    response = _SENT(transport, request)
    response.read()
    RECORDER.record(
        Exchange(
            method=request.method,
            target=request.url.raw_path.decode("ascii"),
            headers=dict(request.headers),
            body=request.read(),
            status=response.status_code,
            answer_headers=dict(response.headers),
            answer=response.content,
        )
    )
    return response


class _Gathering:
    """In the one process that sees the end of the run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._seen: Seen = nothing_seen()
        self._said: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        add_to(self._seen, getattr(node, "workeroutput", {}).get(_OUTPUT, {}))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        add_to(self._seen, RECORDER.found())
        if self._config.getoption("--coverage-pages") == "write":
            self._write(session)
        elif why := _why_partial(session):
            self._said.append(f"not compared: {why}")
        else:
            self._compare(session)

    def _write(self, session: pytest.Session) -> None:
        """A run of some tests adds what they exercised; a run of all drops what nothing exercised."""
        is_whole = self._config.args == OF_ALL and not _selection(session)
        for api in all_rows():
            found, named = self._seen[api.name], pages.named_tests(pages.read(api))
            claimed = claiming_tests(api.name)
            chosen = names(api, found, named)
            if not is_whole:
                chosen |= {row.id: named[row.id] for row in api.rows if row.id in named and row.kind != "rule"}
                kept = {name: test for row, test in (chosen | claimed).items() for name in (row, compared(row))}
                found = {**found, **{name: {*found.get(name, ()), test} for name, test in kept.items()}}
            pages.page_path(api).write_text(pages.write(api, chosen | claimed), "utf-8")
            self._complain(session, [f"{api.name}: {line}" for line in complaints(api, found, chosen)])
            self._said.append(f"written: {pages.page_path(api).relative_to(self._config.rootpath)}")

    def _compare(self, session: pytest.Session) -> None:
        for api in all_rows():
            named = pages.named_tests(pages.read(api))
            self._complain(session, [f"{api.name}: {line}" for line in complaints(api, self._seen[api.name], named)])
        if self._said:
            self._said.append("The pages are not the truth: write the tests that are missing, then `./run coverage`.")
        else:
            self._said.append("Every documented row was exercised by the test that its page names.")

    def _complain(self, session: pytest.Session, lines: list[str]) -> None:
        """The run fails, also where every test passed."""
        self._said += lines
        if lines:
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("docs/coverage-*.md")
        for line in self._said:
            terminalreporter.write_line(line)


def _why_partial(session: pytest.Session) -> str | None:
    """Why this run is not the whole; None where it is."""
    if session.config.args_source != pytest.Config.ArgsSource.TESTPATHS:
        return "only some files were named"
    return _selection(session)


def _selection(session: pytest.Session) -> str | None:
    """Why not all of the named files' tests were run; None where they were."""
    option = session.config.option
    if option.keyword or option.markexpr or option.deselect or option.ignore or option.ignore_glob:
        return "only some tests were selected"
    if option.lf or option.failedfirst or option.stepwise:
        return "the last run decides what runs first"
    if session.shouldstop or session.shouldfail or option.collectonly:
        return "it was stopped before its end"
    return None
