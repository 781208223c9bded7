"""One running server for all, and short folders for those that want a database of their own.

A data folder cannot be pytest's own: that is too deep for a socket and closed to the user whom root drops to.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.cli_support import Called, Cli, serving
from tests.support.fixtures import *  # noqa: F403
from tests.support.folders import short_folder

BANK_DELAY_MS = "50"


@pytest.fixture(scope="session")
def cli() -> Iterator[Cli]:
    """The command line beside a running server: each command is a call."""
    with short_folder() as folder:
        data = folder / "data"
        environment = Cli(data, OUTLAY_SANDBOX_DELAY_MS=BANK_DELAY_MS).environment()
        with serving(data, environment) as base_url:
            yield Called(data, base_url)


@pytest.fixture
def alone() -> Iterator[Cli]:
    """The command line on a new data folder, without any server."""
    with short_folder() as folder:
        yield Cli(folder / "data")
