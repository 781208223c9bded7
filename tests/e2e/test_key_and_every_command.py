"""Another key than the one that the stored credentials are sealed with is refused by every command of the command line
that changes something or looks at seals, in words, and nothing is done. Which commands there are, the command line
itself says: a new one is tested here, or the test fails. What only looks needs no key.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import click
import msgspec
import pytest
import typer.main

from outlay.cli.main import app
from outlay.postgres import open_database
from outlay.process.key_file import SECRET_KEY_FILE
from tests.apis.lesspay.merchant import LessPayMerchant
from tests.cli.cli_support import PATIENCE_S, Called, Cli, Result
from tests.cli.every_command import LOOKING, LOOKS_AT_SEALS, SERVERS
from tests.e2e.observer import Observer, observing
from tests.e2e.server import Server, quiet_folder
from tests.support.superuser import superuser_url

pytestmark = pytest.mark.slow

OTHER_KEY = "2b" * 32
ARGUMENTS = {
    "name": "Another",
    "country": "BR",
    "currency": "BRL",
    "amount": "1.00",
    "reference": "r",
    "by": "1d",  # a span of time, and a name like any other
    "why": "because",
    "reason": "because",
    "dialect": "lesspay",
    "number": "1",
    "payout": "1",
    "order": "1",
    "key_id": "k",
    "case": "1:1",
    "note": "seen",
}
ALSO = {
    "account rails": ["sandbox"],
    "account set": ["--review"],
    "fee set": ["--fixed", "1.00"],
    "limit set": ["--min", "1.00"],
    "method off": ["pix"],
    "method on": ["pix"],
    "payout settle": ["--paid"],
    "serve": ["--port", "0"],
}
"""What a command asks for besides, though none of it alone is required."""
ON_A_FOLDER_OF_ITS_OWN = {"demo"}
OF_A_SERVER = "serve-child"
NEEDS_NO_KEY = "migrate"
ONLY_LOOK = LOOKING - LOOKS_AT_SEALS


def commands() -> dict[str, click.Command]:
    """Every command that does something, hidden ones too."""

    def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        children: Mapping[str, click.Command] = getattr(command, "commands", {})
        if not children:
            yield name, command
        for child_name, child in children.items():
            yield from walk(f"{name} {child_name}".strip(), child)

    return dict(walk("", typer.main.get_command(app)))


COMMANDS = commands()


class House(msgspec.Struct, frozen=True):
    """A running installation with a merchant, and how others reach its database."""

    server: Server
    observer: Observer
    account_id: str
    shown: dict[str, str]
    url: str

    def words(self, name: str) -> list[str]:
        """The command with all that it requires."""
        given = [*name.split()]
        accounts = dict.fromkeys(("account", "source", "target"), self.account_id)
        for parameter in COMMANDS[name].params:
            if parameter.required:
                value = (ARGUMENTS | accounts)[str(parameter.name)]
                given += [value] if parameter.param_type_name == "argument" else [parameter.opts[0], value]
        return given + ALSO.get(name, [])


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with quiet_folder() as folder, Server(folder / "data") as server, observing(server) as observer:
        account_id = server.cli.json("account", "create", "Loja", "--country", "BR")["account_id"]
        server.cli("fund", account_id, "10.00", "BRL", "--reference", "r")
        shown = server.cli.json("credential", "create", account_id, "--dialect", "lesspay")
        with open_database(None, server.data, own="attach-or-own") as database:
            yield House(server, observer, account_id, shown, database.endpoint.url)


def child(cli: Cli) -> Result:
    """`serve-child` as its parent starts it."""
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.create_server(("127.0.0.1", 0)) as listener:
        numbers = (listener.fileno(), theirs.fileno())
        command = [sys.executable, "-m", "outlay.cli", OF_A_SERVER, "--data", str(cli.data)]
        command += ["--listener-fd", str(numbers[0]), "--parent-fd", str(numbers[1])]
        done = subprocess.run(
            command, check=False, pass_fds=numbers, env=cli.environment(), capture_output=True, timeout=PATIENCE_S
        )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def refusal(cli: Cli, house: House, name: str) -> str:
    if name == OF_A_SERVER:
        result = child(cli)
    else:
        way = cli if name in SERVERS else Called(cli.data, **cli.given)
        result = way(*house.words(name), status=1)
    assert "Traceback" not in result.err
    assert (result.status, result.out) == (1, "")
    return " ".join(result.err.split())


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - ON_A_FOLDER_OF_ITS_OWN - ONLY_LOOK))
def test_another_key_is_refused_and_nothing_is_done(house: House, name: str, tmp_path: Path) -> None:
    before = house.observer.everything([house.account_id])
    said = refusal(Cli(tmp_path / "new", DATABASE_URL=house.url, OUTLAY_SECRET_KEY=OTHER_KEY), house, name)
    assert "OUTLAY_SECRET_KEY is not the key" in said
    assert OTHER_KEY not in said
    key = tmp_path / SECRET_KEY_FILE
    key.write_text(OTHER_KEY)
    key.chmod(0o600)
    said = refusal(Cli(tmp_path, DATABASE_URL=house.url), house, name)
    assert f"{key} is not the key" in said
    assert key.read_text() == OTHER_KEY
    assert house.observer.everything([house.account_id]) == before


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - ON_A_FOLDER_OF_ITS_OWN - ONLY_LOOK - {NEEDS_NO_KEY}))
def test_a_lost_key_is_refused_and_none_is_made(house: House, name: str, tmp_path: Path) -> None:
    before = house.observer.everything([house.account_id])
    said = refusal(Cli(tmp_path, DATABASE_URL=house.url), house, name)
    assert f"{tmp_path / SECRET_KEY_FILE} is missing" in said
    assert "put secret.key back from a backup, or set OUTLAY_SECRET_KEY" in said
    assert os.listdir(tmp_path) == []
    assert house.observer.everything([house.account_id]) == before


def test_the_right_key_opens_the_same_database_from_another_folder(house: House, tmp_path: Path) -> None:
    """The control."""
    key = (house.server.data / SECRET_KEY_FILE).read_text().strip()
    for cli in (
        Cli(tmp_path / "new", DATABASE_URL=house.url, OUTLAY_SECRET_KEY=key),
        Cli(tmp_path / "new", DATABASE_URL=house.url, OUTLAY_SECRET_KEY=key.upper()),
    ):
        assert cli.json("ledger", "verify")["ok"]
        cli("fund", house.account_id, "1.00", "BRL", "--reference", uuid4().hex)
        cli("migrate")
    shutil.copy2(house.server.data / SECRET_KEY_FILE, tmp_path)
    assert Cli(tmp_path, DATABASE_URL=house.url).json("ledger", "verify")["ok"]


def test_a_server_that_runs_goes_on_without_the_file_that_it_has_read(house: House) -> None:
    key = house.server.data / SECRET_KEY_FILE
    aside = key.rename(house.server.data.with_name("aside"))
    try:
        assert LessPayMerchant(house.server, house.shown).balance("BRL")
        assert f"{key} is missing" in house.server.cli.refusal("ledger", "verify")
        assert house.server.cli.json("account", "list")["accounts"], "who only looks needs none"
        assert not key.exists()
    finally:
        aside.rename(key)
    assert house.server.cli.json("ledger", "verify")["ok"]


def test_a_schema_is_migrated_without_a_key_and_none_is_made(house: House, tmp_path: Path) -> None:
    assert Cli(tmp_path, DATABASE_URL=house.url).json(NEEDS_NO_KEY)["revision"]
    assert os.listdir(tmp_path) == []


def test_two_first_starts_at_once_on_one_database_end_with_one_key(house: House, tmp_path: Path) -> None:
    name = f"first_{uuid4().hex[:8]}"
    house.observer.rows(f"create database {name}")
    url = superuser_url(house.server.data).replace("/outlay?", f"/{name}?")
    clients = [Cli(tmp_path / str(number), DATABASE_URL=url) for number in range(2)]
    clients[0]("migrate")
    started = [subprocess.Popen(command(cli), env=cli.environment(), stderr=subprocess.PIPE) for cli in clients]
    said = [process.communicate(timeout=PATIENCE_S)[1].decode() for process in started]
    assert sorted(process.returncode for process in started) == [0, 1], said
    (lost,) = [number for number, process in enumerate(started) if process.returncode]
    assert "is not the key" in said[lost] or "is missing" in said[lost]
    has_key = [(cli.data / SECRET_KEY_FILE).exists() for cli in clients]
    assert has_key == [number != lost for number in range(2)]
    assert len(clients[1 - lost].json("account", "list")["accounts"]) == 1


def command(cli: Cli) -> list[str]:
    words = ["account", "create", "Loja", "--country", "BR"]
    return [sys.executable, "-m", "outlay.cli", *words, "--data", str(cli.data)]


@pytest.mark.parametrize("words", [(), ("--workers", "2")], ids=["one process", "two children"])
def test_a_server_without_its_key_does_not_start_and_with_it_again_serves_everybody(
    folder: Path, words: tuple[str, ...]
) -> None:
    server = Server(folder / "data", *words)
    key, aside = server.data / SECRET_KEY_FILE, folder / "aside"
    with server:
        account_id = server.cli.json("account", "create", "Loja", "--country", "BR")["account_id"]
        shown = server.cli.json("credential", "create", account_id, "--dialect", "lesspay")
    key.rename(aside)
    process = server.launch()
    _, status = process.communicate(timeout=PATIENCE_S), process.wait()
    assert status == 1
    assert f"{key} is missing" in server.said()
    assert "Traceback" not in server.said()
    assert not key.exists()
    aside.rename(key)
    with server:
        server.cli("fund", account_id, "10.00", "BRL", "--reference", "r")
        assert LessPayMerchant(server, shown).balance("BRL")
