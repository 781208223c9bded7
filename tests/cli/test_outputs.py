"""Every command on outputs that are closed, full, given up by their reader or of few letters: what it does and how it
ends stays as it is, nothing that was printed is lost unseen, and there is never a traceback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from outlay.cli.serve import _announce as announce
from outlay.process.settings import Settings
from tests.cli.cli_support import PATIENCE_S, Called, Cli, Merchant, Result, any_dialect, serving
from tests.cli.every_command import SERVERS, WORDS, every_command, words_of
from tests.cli.payouts_there import payouts_in
from tests.cli.standby import standby
from tests.support.folders import short_folder

pytestmark = pytest.mark.slow

COMMANDS = [command for command in every_command() if command not in SERVERS]
EVERYTHING = [*every_command(), ""]
NO_ROOM = "standard output cannot be written: No space left on device"
MUST_NOT_BE_LOST = {"credential create", "user add", "user key"}
"""Their result is shown this once, so they may end otherwise where that is not possible."""


class Scene(msgspec.Struct, frozen=True):
    """A merchant beside a running server, and the ends of outputs that take nothing."""

    cli: Cli
    known: dict[str, str]
    full: int
    given_up: int

    def run(self, words: list[str], streams: dict[int, int | None] | None = None, **environment: str) -> Result:
        command = [*words, "--data", str(self.cli.data)]
        return self.bare(command, streams, **environment)

    def bare(self, words: list[str], streams: dict[int, int | None] | None = None, **environment: str) -> Result:
        result = Result(*standby().run(words, self.cli.environment() | environment, PATIENCE_S, streams))
        assert "Traceback" not in result.err, result.err
        assert "Exception ignored" not in result.err, result.err
        return result


@pytest.fixture(scope="module")
def own_cli() -> Iterator[Cli]:
    """A server of these tests alone: `user add` makes people known, and then nobody else decides there as before."""
    with short_folder() as folder, serving(folder / "data", Cli(folder / "data").environment()) as base_url:
        yield Cli(folder / "data", base_url)


@pytest.fixture(scope="module")
def scene(own_cli: Cli) -> Iterator[Scene]:
    cli = own_cli
    merchant = Merchant(cli, any_dialect())
    merchant.order("100.00")
    other = cli.json("account", "create", "Filial [b]São[/b]", "--country", "BR", "--parent", merchant.account_id)
    known = {
        "account": merchant.account_id,
        "other": other["account_id"],
        "payout": merchant.payouts()[0]["payout_id"],
    }
    full = os.open("/dev/full", os.O_WRONLY)
    reads, given_up = os.pipe()
    os.close(reads)
    yield Scene(cli, known, full, given_up)
    os.close(full)
    os.close(given_up)


def test_every_command_of_the_command_line_is_tried_here() -> None:
    assert list(WORDS) == every_command()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_does_and_says_in_a_call_what_it_does_and_says_in_a_process(scene: Scene, command: str) -> None:
    """So that other tests may call: what a call lacks would be missed here."""
    called = Called(scene.cli.data, scene.cli.base_url)
    called.run(words_of(command, **scene.known))  # what can be done once is done
    for form in ([], ["--json"]):
        in_a_process, here = (run([*words_of(command, **scene.known), *form]) for run in (scene.run, called.run))
        assert (here.status, form_of(here.err)) == (in_a_process.status, form_of(in_a_process.err))
        if form:
            assert names_in(here.out) == names_in(in_a_process.out)
        elif command not in MUST_NOT_BE_LOST:
            assert form_of(here.out) == form_of(in_a_process.out)
        else:
            assert bool(here.out) == bool(in_a_process.out)


def form_of(text: str) -> str:
    """Without what is another one each time, and without what is drawn."""
    return re.sub(r"[\s─]+", " ", re.sub(r"[0-9a-f-]{20,}|\*[0-9a-f]+|[0-9][0-9.,]*", "#", text))


def names_in(text: str) -> Any:
    """Of a document: each name, and the kind of each value."""

    def names(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: names(part) for name, part in value.items()}
        return [names(part) for part in value] if isinstance(value, list) else type(value)

    return names(json.loads(text)) if text else None


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_ends_as_it_must_whatever_takes_its_output(scene: Scene, command: str) -> None:
    def run(streams: dict[int, int | None] | None = None) -> Result:
        return scene.run(words_of(command, **scene.known), streams)

    usual = run()
    assert usual.status in (0, 1)
    assert usual.out or usual.status == 1
    nobody_reads = {run({1: None, 2: None}).status, (given_up := run({1: scene.given_up})).status}
    assert nobody_reads == {usual.status} or command in MUST_NOT_BE_LOST
    assert bool(given_up.err) == bool(usual.err) or command in MUST_NOT_BE_LOST
    assert run({1: scene.full, 2: scene.full}).status == 1
    unheard = run({2: scene.full})
    assert (unheard.status, bool(unheard.out)) == (usual.status, bool(usual.out))


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_it_could_not_write_and_writes_what_can_be_read(
    scene: Scene, command: str, form: str
) -> None:
    def words() -> list[str]:
        return [*words_of(command, **scene.known), *(["--json"] if form == "json" else [])]

    few = scene.run(words(), PYTHONIOENCODING="ascii")
    assert few.status in (0, 1)
    assert (few.out + few.err).isascii()
    if form == "json" and few.out:
        assert all("waiting_for" in payout for payout in payouts_in(json.loads(few.out)))
    full = scene.run(words(), {1: scene.full})
    assert (full.status, full.err.count("\n")) == (1, 1)
    assert "No space left on device" in full.err or few.status == 1


def test_what_a_terminal_lacks_is_shown_by_its_number_and_in_a_document_stays_what_it_is(scene: Scene) -> None:
    told = scene.run(["account", "list"], PYTHONIOENCODING="ascii").out
    (line,) = [line for line in told.splitlines() if "Filial [b]S\\xe3o[/b]" in line]
    assert line.index(" BR ") + 1 == told.splitlines()[1].index("country"), "the columns stand where they stood"
    document = json.loads(scene.run(["account", "list", "--json"], PYTHONIOENCODING="ascii").out)
    assert "Filial [b]São[/b]" in [account["name"] for account in document["accounts"]]


@pytest.mark.parametrize("command", EVERYTHING)
def test_help_comes_whole_or_says_that_it_could_not(scene: Scene, command: str) -> None:
    words = [*command.split(), "--help"]
    few = scene.bare(words, PYTHONIOENCODING="ascii")
    assert (few.status, few.out.isascii()) == (0, True)
    assert scene.bare(words, {1: scene.full}) == Result(1, "", f"error: {NO_ROOM}\n")


def test_help_that_nobody_reads_is_no_fault(scene: Scene) -> None:
    assert scene.bare(["--help"], {1: None, 2: None}).status == 0
    assert scene.bare(["--help"], {1: scene.given_up}) == Result(0, "", "")


@pytest.mark.parametrize("command", EVERYTHING)
def test_what_was_mistyped_is_told_without_anything_that_a_terminal_obeys(scene: Scene, command: str) -> None:
    words = [*command.split(), "--no\x1b[31m[bold]é:smile:"]
    told = scene.bare(words)
    assert (told.status, told.out) == (2, "")
    assert "--no\\x1b[31m[bold]é:smile:" in told.err
    few = scene.bare(words, PYTHONIOENCODING="ascii")
    assert "--no\\x1b[31m[bold]\\xe9:smile:" in few.err
    assert scene.bare(words, {2: scene.full}) == Result(2, "", "")
    assert scene.bare(words, {1: None, 2: None}).status == 2


def test_the_version_comes_whole_or_says_that_it_could_not(scene: Scene) -> None:
    assert scene.bare(["--version"]).out.startswith("outlay ")
    assert scene.bare(["--version"], {1: scene.full}) == Result(1, "", f"error: {NO_ROOM}\n")
    assert scene.bare(["--version"], {1: scene.given_up}) == Result(0, "", "")


def test_a_fresh_interpreter_ends_alike_on_each_of_these_outputs() -> None:
    def status(how: str) -> tuple[int, str]:
        command = ["bash", "-c", f'"$0" -m outlay.cli --help {how}', sys.executable]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        return done.returncode, done.stderr

    assert status(">&-") == (0, "")
    assert status(">&- 2>&- <&-") == (0, "")
    assert status(">/dev/full") == (1, f"error: {NO_ROOM}\n")
    assert status("| true; exit ${PIPESTATUS[0]}") == (0, "")


PLAIN = "[red]São :smile: [b]"


def test_a_path_with_anything_in_it_is_shown_as_it_is_called() -> None:
    with short_folder() as folder:
        cli = Cli(folder / PLAIN, OUTLAY_PORT="0")
        cli.data.write_text("in the way")
        said = cli.refusal("account", "list")
    assert PLAIN in said


def test_a_server_says_where_it_serves_and_keeps_its_data_in_letters_that_are_there(
    capfd: pytest.CaptureFixture[str],
) -> None:
    announce(Settings.read(data=Path("/", PLAIN)), False, ("::1", 8080))
    assert capfd.readouterr().out == (
        "Outlay serves on http://[::1]:8080 (data: /[red]São :smile: [b]); stop with Ctrl-C\n"
    )


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_demonstration_goes_through_on_few_letters_and_in_a_folder_of_strange_ones(scene: Scene, form: str) -> None:
    with short_folder() as folder:
        strange = folder / "[red]São:smile:"
        strange.mkdir()
        flags = ["--json"] if form == "json" else []
        environment = scene.cli.environment() | {"TMPDIR": str(strange), "PYTHONIOENCODING": "ascii"}
        shown = subprocess.run(
            [sys.executable, "-m", "outlay.cli", "demo", "--once", *flags],
            env=environment,
            capture_output=True,
            check=False,
            timeout=PATIENCE_S,
        )
    said = shown.stderr if form == "json" else shown.stdout
    assert (shown.returncode, (shown.stdout + shown.stderr).isascii()) == (0, True)
    assert b"[red]S\\xe3o:smile:/outlay-demo-" in said
    assert form == "text" or json.loads(shown.stdout)["books"]["ok"] is True


def test_a_demonstration_whose_reader_has_gone_ends_by_itself_and_one_on_a_full_disk_fails(scene: Scene) -> None:
    assert scene.bare(["demo"], {1: scene.given_up}) == Result(0, "", "")
    full = scene.bare(["demo", "--once"], {1: scene.full})
    assert (full.status, full.err) == (1, f"error: {NO_ROOM}\n")


@pytest.mark.parametrize("host", ["999.1.1.1", "nowhere.invalid"])
def test_an_address_that_cannot_be_listened_on_is_told_in_one_line(scene: Scene, host: str) -> None:
    refused = scene.bare(["serve", "--host", host])
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "give another --host" in refused.err


def test_a_terminal_gets_colours_of_ours_and_nothing_to_obey_from_others(scene: Scene) -> None:
    ours, terminal = os.openpty()
    try:
        scene.bare(["fund", "[b]\x1b[31mme", "1", "BRL", "--reference", "r"], {2: terminal}, TERM="xterm")
        said = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(terminal)
    assert said.startswith("\x1b[1;31merror:\x1b[0m [b]\\x1b[31mme is not an account id")
    assert said.count("\x1b") == 2
