"""One test on a copy of the sources, broken or not, and how it ended. Runs in a forked child of `worker`.

The traps: Python trusts a compiled file whose source has the same second and size as before, so the compiled one of a
broken file goes, and none is written. And a test that imports the sources from elsewhere proves nothing: that is told.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.rules.breaks import BadBreak, Break, broken

GREEN = "stayed green"
NOTICED = "noticed"


class Rehearsal(msgspec.Struct, frozen=True):
    """Tests to run on the copy; `how` is None where nothing is broken."""

    nodes: tuple[str, ...]
    how: Break | None = None


class Judge:
    """A plugin of pytest: keeps only the wanted tests, and sees how each of them ended."""

    def __init__(self, nodes: set[str], root: Path) -> None:
        self._nodes = nodes
        self._root = root
        self.said: dict[str, str] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._nodes]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        report: Any = yield
        if report.failed:
            self.said.setdefault(item.nodeid, self._failure(call))
        elif report.when == "call" and report.passed:
            self.said.setdefault(item.nodeid, GREEN)
        return report

    def _failure(self, call: pytest.CallInfo[None]) -> str:
        assert call.excinfo is not None
        name = type(call.excinfo.value).__name__
        if call.when != "call":
            return f"failed in {call.when}: {name}"
        if not isinstance(call.excinfo.value, AssertionError | pytest.fail.Exception):
            return f"crashed: {name}: {str(call.excinfo.value)[:200]}"
        # An assertion of the sources is none of the test's.
        if not Path(call.excinfo.traceback[-1].path).is_relative_to(self._root / "tests"):
            return f"crashed: {name} outside of the tests"
        return NOTICED


def run(nodes: tuple[str, ...], root: Path) -> dict[str, str]:
    """How each of the tests ended that were run, in this process: so only ever in a forked one."""
    judge = Judge(set(nodes), root)
    files = sorted({node.partition("::")[0] for node in nodes})
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        pytest.main(["-q", "-p", "no:cacheprovider", "--tb=no", *files], plugins=[judge])
    imported = sys.modules.get("outlay")
    if imported is not None and not Path(str(imported.__file__)).is_relative_to(root):
        return dict.fromkeys(nodes, "the copy was not what ran")
    return {node: judge.said.get(node, "was not run") for node in nodes}


@contextlib.contextmanager
def broken_copy(root: Path, how: Break | None) -> Iterator[None]:
    """Raises BadBreak where the break has no place."""
    if how is None:
        yield
        return
    path = root / "src" / "outlay" / how.file
    if not path.exists():
        raise BadBreak(f"{how}: no such file")
    source = path.read_bytes()
    changed = broken(source.decode("utf-8"), how).encode("utf-8")
    compiled = {each: each.read_bytes() for each in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")}
    times = path.stat()
    try:
        for each in compiled:
            each.unlink()
        path.write_bytes(changed)
        yield
    finally:
        path.write_bytes(source)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        for each, content in compiled.items():
            each.write_bytes(content)
