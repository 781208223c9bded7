"""A data folder that is put back as it was an hour ago, under `outlay serve` with two HTTP processes: noticed once,
told in the log, in /readyz and on the worklist, and closed by a person. Crashes are no such thing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.server import Server, main_postgres_on, wait_until

pytestmark = pytest.mark.slow

NOTICED = "the database has lost time"
WITHIN_S = 20.0


def ready(server: Server) -> Any:
    with urllib.request.urlopen(f"{server.base_url}/readyz", timeout=5) as answer:  # noqa: S310  our own server
        return json.load(answer)


def is_ready(server: Server) -> bool:
    try:
        return bool(ready(server))
    except OSError:
        return False


def account_with_money(server: Server) -> str:
    account_id: str = server.cli.json("account", "create", "Padaria", "--country", "BR")["account_id"]
    server.cli("fund", account_id, "100.00", "BRL", "--reference", "first")
    return account_id


def test_a_folder_that_is_put_back_is_noticed_once_and_told_until_somebody_closes_it(folder: Path) -> None:
    data, copy = folder / "data", folder / "copy"
    server = Server(data, "--workers", "2", OUTLAY_LOG="text")
    with server:
        account_id = account_with_money(server)
    shutil.copytree(data, copy, symlinks=True)
    with server:
        server.cli("fund", account_id, "1.00", "BRL", "--reference", "lost")
    assert NOTICED not in server.said()
    shutil.rmtree(data)
    copy.rename(data)
    with server:
        assert server.said().count(NOTICED) == 1
        (epoch,) = server.cli.json("case", "list")["epochs"]
        assert (epoch["case"], epoch["noticed"], epoch["is_open"]) == ("EPOCH:2", True, True)
        wait_until(lambda: "EPOCH:2" in str(ready(server)), WITHIN_S, "the warning")
        assert "EPOCH:2" in server.cli("case", "list").out
        closed = server.cli.json("case", "close", "EPOCH:2", "--by", "Bob", "--note", "all is asked about")
        assert (closed["case"], closed["result"], closed["closed_by"]) == ("EPOCH:2", "closed", "Bob")
        wait_until(lambda: "EPOCH" not in str(ready(server)), WITHIN_S, "no warning")
        assert server.cli.json("case", "list")["epochs"] == []
        assert server.cli.json("recover", "--by", "Ana", "--note", "yes") == {"epoch": 3, "payouts": 0}
        told = server.cli.json("case", "list", "--all")["epochs"]
        assert [(each["case"], each["closed_by"]) for each in told] == [("EPOCH:2", "Bob"), ("EPOCH:3", "Ana")]
        assert "no open case EPOCH:2" in server.cli.refusal("case", "close", "EPOCH:2", "--by", "Ana", "--note", "seen")
        assert server.said().count(NOTICED) == 1


def test_a_server_and_a_database_that_are_killed_have_lost_no_time(folder: Path) -> None:
    with Server(folder / "data", OUTLAY_LOG="text") as server:
        account_id = account_with_money(server)
        for number in range(2):
            time.sleep(1.1)  # until it was looked at once more
            server.cli("fund", account_id, "1.00", "BRL", "--reference", f"more {number}")
            server.kill()
            server.start()
            # By its own word: a child of it that begins at this moment still bears its name.
            postgres = int((folder / "data" / "pg" / "postmaster.pid").read_text().split()[0])
            os.kill(postgres, signal.SIGKILL)
            wait_until(lambda gone=postgres: gone not in main_postgres_on(folder / "data"), WITHIN_S, "it is gone")
            wait_until(lambda: is_ready(server), WITHIN_S, "it serves again")
        assert server.cli.json("case", "list", "--all")["epochs"] == []
        assert NOTICED not in server.said()
