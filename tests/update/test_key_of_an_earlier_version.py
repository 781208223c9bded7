"""A folder of a version whose database knew nothing of its key: the key is recorded once it has opened a credential,
and never one that opens none.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from outlay.postgres import open_database
from tests.cli.cli_support import PATIENCE_S
from tests.e2e.merchants import Merchant
from tests.e2e.server import Server, quiet_folder
from tests.update.old_folders import FOLDERS, place_key, put_back

pytestmark = pytest.mark.slow

OTHER_KEY = "2b" * 32
TURN_ALL = "update credentials set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))"


class Left(msgspec.Struct, frozen=True):
    """What the earlier version left, with another key in the folder."""

    data: Path
    left: dict[str, Any]

    def ask(self, sql: str) -> list[Any]:
        async def work(url: str) -> list[Any]:
            connection = await asyncpg.connect(url)
            try:
                return list(await connection.fetch(sql))
            finally:
                await connection.close()

        with open_database(None, self.data, own="attach-or-own") as database:
            return asyncio.run(work(database.endpoint.url))


WITHOUT_A_CHECK = [path for path in FOLDERS if "installation" not in json.loads(path.read_text("utf-8"))["rows"]]
"""Since then a folder knows its key from the beginning."""


@pytest.fixture(params=WITHOUT_A_CHECK, ids=lambda path: path.stem)
def left(request: pytest.FixtureRequest) -> Iterator[Left]:
    document = json.loads(request.param.read_text("utf-8"))
    with quiet_folder() as folder:
        put_back(folder / "data", document, OTHER_KEY)
        yield Left(folder / "data", document)


def refusal(server: Server) -> str:
    size = len(server.said())
    process = server.launch()
    process.communicate(timeout=PATIENCE_S)
    said = server.said()[size:]
    assert process.returncode == 1
    assert "Traceback" not in said
    return " ".join(said.split())


def test_only_a_key_that_opens_a_credential_is_recorded(left: Left, tmp_path: Path) -> None:
    server = Server(left.data)
    assert "secret.key is not the key" in refusal(server)
    assert "secret.key is not the key" in server.cli.refusal("migrate")
    (left.data / "secret.key").unlink()
    assert "secret.key is missing" in refusal(server)
    place_key(left.data, left.left["secret_key"])
    assert left.ask("select count(*) from credentials where revoked_ms is null")[0][0] > 1, "the control"
    left.ask(TURN_ALL)
    assert "or all of them are damaged" in refusal(server)
    assert left.ask("select * from installation") == []
    left.ask(TURN_ALL)
    with server:
        merchant = Merchant(server, tmp_path, left.left["account_id"], left.left["keys"])
        assert merchant.lesspay.balance("BRL")
        recorded = left.ask("select * from installation")
    assert len(recorded) == 1
    place_key(left.data, OTHER_KEY)
    assert "secret.key is not the key" in refusal(server)
    assert left.ask("select * from installation") == recorded
