"""One running server for all whole-process tests that do not stop it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.server import Server, short_folder


@pytest.fixture(scope="session")
def outlay() -> Iterator[Server]:
    """Its log is JSON lines, because what it says, and what it must never say, is part of what is tested."""
    with short_folder() as folder, Server(folder / "data", OUTLAY_LOG="json") as running:
        yield running
