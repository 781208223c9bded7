"""One running server for all printed requests, and whoever sends them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.server import Server, quiet_folder
from tests.examples.stage import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """When it is left, the books hold."""
    with quiet_folder() as folder, Server(folder / "data") as running:
        yield Stage(running, tmp_path_factory.mktemp("keys"))
        assert running.cli.json("ledger", "verify")["ok"] is True
