"""Every command reads its settings in one way: what the command line lists is gone through, so none can be forgotten.

These run inside the test's own process and end where a command would open its database.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main
from structlog.testing import capture_logs

from outlay.cli import common, demo, serve
from outlay.cli.main import app, run
from outlay.process import logging, opening, serving
from outlay.process.settings import Settings
from tests.cli.standby import standby
from tests.support.folders import short_folder
from tests.support.rows import each_row

ACCOUNT = "8a51e84b-ab46-4a2e-abd2-3f9a9c45e04f"
WORDS = {
    "ACCOUNT": ACCOUNT,
    "AMOUNT": "1.00",
    "CC": "BR",
    "CURRENCY": "BRL",
    "DURATION": "1d",
    "ID": "1",
    "METHOD": "pix",
    "PAYOUT:NUMBER": "1:1",
    "SOURCE": ACCOUNT,
    "TARGET": ACCOUNT,
}
"""What stands for a metavar; any other is a text."""
ALSO = {
    "outlay account set": ["--review"],
    "outlay fee set": ["--rate", "0.01"],
    "outlay limit set": ["--min", "1"],
    "outlay credential create": ["--dialect", "uqpay"],
    "outlay payout settle": ["--paid"],
    "outlay serve": ["--port", "0"],
}
"""What a command asks for beyond what its list of options says."""
WITHOUT_SETTINGS = {"outlay demo", "outlay serve-child"}
"""The first makes a folder of its own; the second lives on descriptors that only its parent can give."""


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """Hidden ones too."""

    def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        children: Mapping[str, click.Command] = getattr(command, "commands", {})
        for child_name, child in children.items():
            yield from walk(f"{name} {child_name}", child)
        if not children:
            yield name, command

    yield from walk("outlay", typer.main.get_command(app))


COMMANDS = dict(all_commands())
READ_SETTINGS = sorted(COMMANDS.keys() - WITHOUT_SETTINGS)


def line(path: str) -> list[str]:
    """A line for this command that nothing is wrong with."""
    words = path.split()
    for given in COMMANDS[path].params:
        if given.param_type_name == "argument":
            words.append(WORDS.get(str(given.metavar).split("|")[0], "x"))
        elif given.required and given.opts[0] not in ALSO.get(path, []):
            words += [given.opts[0], WORDS.get(str(given.metavar), "x")]
    return words + ALSO.get(path, [])


class Opened(Exception):
    """A command has come as far as its database."""


@pytest.fixture(autouse=True, scope="module")
def commands_are_put_together_once() -> Iterator[None]:
    """As in a process, which runs one; anew for each test it would take most of its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(autouse=True)
def nothing_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(settings: Settings, *arguments: Any, **options: Any) -> Any:
        if settings.database_url is None:
            raise Opened(settings)
        return open_as_ever(settings, *arguments, **options)

    open_as_ever = opening.database

    for module in (opening, serving):
        monkeypatch.setattr(module, "database", refuse)
    monkeypatch.setattr(logging, "configure_logging", lambda _settings: None)
    monkeypatch.setattr(serve, "configure_logging", lambda _settings: None)
    for name in [name for name in os.environ if name.startswith("OUTLAY_") or name == "DATABASE_URL"]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def settings_of(words: list[str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """With which the command would have opened its database."""
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(Opened) as opened:
        run()
    found: Settings = opened.value.args[0]
    return found


@pytest.mark.parametrize("path", READ_SETTINGS)
def test_every_command_finds_one_folder_behind_a_tilde(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path.resolve() / "home" / "there"
    assert settings_of([*line(path), "--data", "~/there"], monkeypatch).data == there
    monkeypatch.setenv("OUTLAY_DATA", "~/there")
    monkeypatch.setenv("OUTLAY_PG_BIN", "~/bin")
    settings = settings_of(line(path), monkeypatch)
    assert (settings.data, settings.pg_bin) == (there, there.with_name("bin"))


@each_row("path", READ_SETTINGS)
def test_every_command_takes_an_empty_variable_for_none(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unset = settings_of(line(path), monkeypatch)
    for name in Settings.__struct_fields__:
        monkeypatch.setenv(f"OUTLAY_{name.upper()}", "")
    monkeypatch.setenv("DATABASE_URL", "")
    assert settings_of(line(path), monkeypatch) == unset


@each_row("path", READ_SETTINGS)
def test_every_command_keeps_an_unreadable_url_to_itself(
    path: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", line(path))
    for secret in ("QXZJ/KWVY", "7979/QXZJ", "QXZJ@KWVY", "%zzQXZJ", "QXZJ?KWVY=1"):
        monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{secret}@127.0.0.1:1/d")
        with pytest.raises(SystemExit) as ended:
            run()
        assert ended.value.code == 1
        printed = "".join("".join(capfd.readouterr()).split())
        assert "DATABASE_URLmustlooklike" in printed
        assert not any(part in printed for part in ("QXZJ", "KWVY", "7979"))


@each_row("path", READ_SETTINGS)
def test_every_command_tells_of_a_misspelt_variable_in_one_line(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLAY_HSOT", "hunter2")
    with capture_logs() as lines:
        settings_of(line(path), monkeypatch)
    [told] = lines
    assert (told["log_level"], told["variable"]) == ("warning", "OUTLAY_HSOT")
    assert "OUTLAY_HOST" in told["hint"]
    assert "hunter2" not in str(told)


def test_the_demonstration_never_uses_a_database_that_a_variable_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "OUTLAY_DATABASE_URL", "database_url"):
        monkeypatch.setenv(name, "postgresql://h/d")
    monkeypatch.setenv("OUTLAY_HSOT", "x")
    for_server = demo._environment()
    assert not {name for name in for_server if "DATABASE" in name.upper()}
    assert Settings.read().database_url is None
    assert "OUTLAY_HSOT" in os.environ
    assert "OUTLAY_HSOT" not in for_server, "it is told once, by the command"


@each_row("path", READ_SETTINGS)
def test_every_command_refuses_to_choose_between_two_databases(
    path: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", line(path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/d")
    monkeypatch.setenv("OUTLAY_DATABASE_URL", "postgresql://127.0.0.1:2/d")
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 1
    assert "name two databases: leave one of them out" in " ".join(capfd.readouterr().err.split())


@each_row("path", READ_SETTINGS)
def test_every_command_refuses_an_empty_folder_as_mistyped(
    path: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [*line(path), "--data", ""])
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 2
    assert "'--data': must not be empty" in capfd.readouterr().err


def test_a_command_without_settings_is_one_that_cannot_have_any() -> None:
    assert COMMANDS.keys() > WITHOUT_SETTINGS
    assert "data" not in {given.name for given in COMMANDS["outlay demo"].params}
    assert COMMANDS["outlay serve-child"].hidden


@pytest.mark.slow
def test_the_key_and_the_database_are_in_the_folder_behind_the_tilde_and_nowhere_else(tmp_path: Path) -> None:
    with short_folder() as home:
        clean = {name: text for name, text in os.environ.items() if not name.startswith(("OUTLAY_", "DATABASE_URL"))}
        environment = {**clean, "HOME": str(home), "OUTLAY_DATA": "~/data", "OUTLAY_HSOT": "x"}
        words = ["account", "create", "Loja", "--country", "BR"]
        status, out, err = standby().run(words, environment, 120)
        assert (status, out[:8]) == (0, "account "), err
        assert {"pg", "secret.key"} <= {entry.name for entry in (home / "data").iterdir()}
        assert [*tmp_path.iterdir()] == [tmp_path / "home"]
        [warning] = err.splitlines()
        assert "OUTLAY_HSOT" in warning
        assert "did you mean OUTLAY_HOST?" in warning


def test_files_are_looked_for_behind_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for option in ("--import", "--public-key"):
        monkeypatch.setattr(sys, "argv", [*line("outlay credential create"), f"{option}=~/none"])
        with pytest.raises(SystemExit):
            run()
        said = "".join(capfd.readouterr().err.split())
        assert f"{tmp_path}/home/none" in said, option
    assert common.file_option("/dev/fd/0") == Path("/dev/fd/0")  # what a shell's <(…) gives is not looked behind


def test_a_host_that_can_be_none_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["outlay", "serve", "--port", "0", "--host", "pã..b"])
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 1
    assert "cannot listen on pã..b:0: this is not a host" in " ".join(capfd.readouterr().err.split())


@pytest.mark.parametrize(
    ("variables", "flags", "named"),
    [
        ({"OUTLAY_PORT": "abc"}, {}, "OUTLAY_PORT: "),
        ({"OUTLAY_PORT": "1"}, {"port": 99_999}, "--port: "),
        ({"OUTLAY_BODY_LIMIT": "1"}, {}, "OUTLAY_BODY_LIMIT: "),
    ],
)
def test_a_setting_that_is_wrong_is_named_as_it_was_set(
    variables: dict[str, str], flags: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(common.CommandFailed, match=f"^a setting is wrong: {named}"):
        common.read_settings(tmp_path, **flags)
