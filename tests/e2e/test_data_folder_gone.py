"""A data folder that is deleted under a running server: said, and unready, until somebody sees to it."""

from __future__ import annotations

import json

import pytest

from tests.e2e.outages import get, wait_until_ready
from tests.e2e.server import Server, quiet_folder, wait_until

pytestmark = pytest.mark.slow

NOTICED_WITHIN_S = 20


def test_a_server_whose_data_folder_was_deleted_says_so_and_is_not_ready() -> None:
    with quiet_folder() as folder, Server(folder / "data") as server:
        wait_until_ready(server)
        server.data.rename(folder / "gone")  # deleting takes as long as the database goes on writing there

        def said() -> bool:
            status, body = get(server, "/readyz")
            return status == 503 and "the data folder is gone" in json.loads(body)["why"]

        wait_until(said, NOTICED_WITHIN_S, "it says that the folder is gone")
        told = "files cannot be reached"
        wait_until(lambda: told in server.said(), NOTICED_WITHIN_S, "its log says so too, a moment later")
        assert server.said().count(told) == 1
        assert get(server, "/healthz")[0] == 200
        server.kill()
