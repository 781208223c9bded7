"""A credential whose secret nobody has seen is not left alive: `credential create` whose output cannot be written."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from outlay.cli import credential
from outlay.cli.common import CommandFailed, with_runtime
from outlay.cli.streams import OutputLost
from outlay.process.settings import Settings
from outlay.service.runtime import Runtime
from outlay.store.database import Unavailable
from tests.cli.cli_support import PATIENCE_S, Cli


def outcome(cli: Cli, words: list[str], how: str) -> tuple[int, str]:
    """`outlay …` in a process of its own, as a shell starts it with `how` behind it; its exit status, and what it
    said."""
    command = [sys.executable, "-m", "outlay.cli", *words, "--data", str(cli.data)]
    # Python keeps what is printed until it has enough of it, or ends: the fault must not come that late.
    buffered = {name: value for name, value in cli.environment().items() if name != "PYTHONUNBUFFERED"}
    gone, unread = os.pipe()
    os.close(gone)
    try:
        shell = ["sh", "-c", f'"$@" {how}', "sh", *command]
        done = subprocess.run(
            shell, check=False, stdout=unread, stderr=subprocess.PIPE, env=buffered, timeout=PATIENCE_S
        )
    finally:
        os.close(unread)
    said = done.stderr.decode()
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    return done.returncode, " ".join(said.split())


def credentials_of(cli: Cli, account_id: str) -> tuple[int, int]:
    """How many it has, and how many of them are live."""

    async def work(runtime: Runtime, _settings: Settings) -> Any:
        row = await runtime.database.fetchrow(
            "select count(*), count(*) filter (where revoked_ms is null) from credentials where account_id::text = $1",
            account_id,
        )
        return row and tuple(row)

    made, live = with_runtime(cli.data, work)
    return made, live


@pytest.mark.slow
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("kind", ["new", "imported"])
@pytest.mark.parametrize(
    ("how", "why"),
    [(">/dev/full", "No space left on device"), (">&-", "standard output is closed"), ("", "Broken pipe")],
    ids=["full", "closed", "nobody reads"],
)
def test_a_credential_that_could_not_be_shown_is_revoked(
    cli: Cli, how: str, why: str, kind: str, form: list[str], tmp_path: Path
) -> None:
    account_id = cli.json("account", "create", "Unseen", "--country", "BR")["account_id"]
    words = ["credential", "create", account_id, "--dialect", "lesspay"]
    if kind == "imported":
        keys = tmp_path / "keys.json"
        keys.write_text(json.dumps({"app_id": uuid4().hex[:24], "app_secret": "Wy31kFZf4jkE+Y2XZhmFuQ"}))
        words += ["--import", str(keys)]
    status, said = outcome(cli, [*words, *form], how)
    assert status == 1
    assert why in said
    assert "it is revoked; create it again" in said
    assert credentials_of(cli, account_id) == (1, 0)
    cli(*words)
    assert credentials_of(cli, account_id)[1] == 1, "the way on, and the control"


def test_a_credential_that_could_be_neither_shown_nor_revoked_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_text: str) -> None:
        raise OutputLost("standard output is closed")

    async def away(_runtime: Any, _key_id: str) -> bool:
        raise Unavailable("the database is gone")

    monkeypatch.setattr(credential, "deliver", lost)
    monkeypatch.setattr(credential, "revoke_credential", away)
    unused: Any = None
    with pytest.raises(CommandFailed, match="It may be live: `outlay credential revoke k1` ends it"):
        asyncio.run(credential._show_or_revoke(unused, "k1", "the secret"))


def test_an_interrupt_while_it_is_shown_revokes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    revoked = []

    def interrupted(_text: str) -> None:
        raise KeyboardInterrupt

    async def revoke(_runtime: Any, key_id: str) -> bool:
        revoked.append(key_id)
        return True

    monkeypatch.setattr(credential, "deliver", interrupted)
    monkeypatch.setattr(credential, "revoke_credential", revoke)
    unused: Any = None
    with pytest.raises(CommandFailed, match="interrupted: the credential was not shown, so it is revoked"):
        asyncio.run(credential._show_or_revoke(unused, "k1", "the secret"))
    assert revoked == ["k1"]
