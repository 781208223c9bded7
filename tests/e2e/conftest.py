"""One running server for all whole-process tests that do not stop it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.observer import observing
from tests.e2e.scene import Scene
from tests.e2e.server import Server, quiet_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """For a server of the test's own."""
    with quiet_folder() as made:
        yield made


@pytest.fixture(scope="session")
def outlay() -> Iterator[Server]:
    """Its log is JSON lines, because what it says, and what it must never say, is part of what is tested."""
    with quiet_folder() as folder, Server(folder / "data", OUTLAY_LOG="json") as running:
        yield running


@pytest.fixture(scope="session")
def one_scene(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """When it is left, the books hold and no secret of its merchants was ever logged."""
    with observing(outlay) as observer:
        made = Scene(outlay, observer, tmp_path_factory.mktemp("keys"))
        yield made
    assert outlay.cli.json("ledger", "verify")["ok"] is True
    said = outlay.said()
    assert not [secret for secret in made.hidden if secret in said]


@pytest.fixture(scope="module")
def scene(one_scene: Scene) -> Scene:
    """Nothing moves on it any more."""
    one_scene.settle()
    return one_scene
