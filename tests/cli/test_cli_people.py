"""Known people by command: their keys, who may decide with them, and that no key is ever seen but once."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator

import msgspec
import pytest

from tests.cli.cli_support import PATIENCE_S, Called, Cli, Merchant, any_dialect, serving
from tests.support.folders import short_folder

pytestmark = pytest.mark.slow

WRONG = "no known person has this name and this key"
ASKS = "OUTLAY_USER_KEY"


class Scene(msgspec.Struct, frozen=True):
    """A server that knows people, an account whose payouts wait, and the keys by name. Alice keeps its credential."""

    cli: Cli
    merchant: Merchant
    keys: dict[str, str]

    def known_as(self, name: str) -> Cli:
        return self.with_key(self.keys[name])

    def with_key(self, key: str) -> Cli:
        return Called(self.cli.data, self.cli.base_url, OUTLAY_USER_KEY=key)

    def waiting(self) -> str:
        """The id of a new order that waits."""
        reference = self.merchant.new_reference()
        assert self.merchant.order("10.00", reference).status == 200
        orders = self.cli.json("review", "list", "--account", self.merchant.account_id)["orders"]
        (order_id,) = [order["order_id"] for order in orders if order["reference"] == reference]
        return str(order_id)

    def state(self, order_id: str) -> tuple[str, str]:
        shown = self.cli.json("payout", "show", order_id)
        return shown["state"], shown["review"]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with short_folder() as folder:
        data = folder / "data"
        with serving(data, Cli(data).environment()) as base_url:
            cli = Called(data, base_url)
            merchant = Merchant(cli, any_dialect(), "--review", holder="Alice Lim")
            unproved(cli, merchant)
            added = {name: cli.json("user", "add", name) for name in ("Alice Lim", "Bob")}
            added["Vic"] = cli.json("user", "add", "Vic", "--role", "viewer")
            added["Gone"] = cli.json("user", "add", "Gone")
            assert cli.json("user", "disable", "gone") == {"name": "Gone", "result": "disabled", "changed": True}
            yield Scene(cli, merchant, {name: document["key"] for name, document in added.items()})


def unproved(cli: Cli, merchant: Merchant) -> None:
    """While nobody is known, a name is believed as it always was."""
    assert merchant.order("10.00").status == 200
    (order,) = cli.json("review", "list", "--account", merchant.account_id)["orders"]
    done = cli.json("review", "approve", order["order_id"], "--by", "anybody")
    assert (done["result"], done["by"]) == ("approved", "anybody")


def test_a_person_is_added_with_a_key_that_is_printed_once(scene: Scene) -> None:
    assert len(set(scene.keys.values())) == 4
    assert {len(key) for key in scene.keys.values()} == {43}
    text = scene.cli("user", "list").out + scene.cli("user", "list", "--json").out
    assert not any(key in text for key in scene.keys.values())
    people = {person["name"]: person for person in scene.cli.json("user", "list")["users"]}
    assert {name: (person["role"], person["disabled_at"] is None) for name, person in people.items()} == {
        "Alice Lim": ("approver", True),
        "Bob": ("approver", True),
        "Vic": ("viewer", True),
        "Gone": ("approver", False),
    }
    assert set(people["Bob"]) == {"name", "role", "added_at", "key_at", "disabled_at"}


@pytest.mark.parametrize("name", ["Bob", " BOB ", "\uff22o\u200bb", "gone"])
def test_a_name_stays_one_persons_whatever_its_spelling(scene: Scene, name: str) -> None:
    said = scene.cli.refusal("user", "add", name)
    assert "known here already" in said
    assert "`outlay user key NAME`" in said
    assert len(scene.cli.json("user", "list")["users"]) == 4


@pytest.mark.parametrize("name", ["", "  ", "\u200b"])
def test_a_name_that_says_nothing_is_refused(scene: Scene, name: str) -> None:
    assert "name must not" in scene.cli.refusal("user", "add", name)


def test_a_role_is_one_of_two(scene: Scene) -> None:
    said = scene.cli.refusal("user", "add", "Rita", "--role", "owner", status=2)
    assert "approver" in said
    assert "viewer" in said


def test_a_person_with_their_key_decides_and_goes_on_record_as_they_are_known(scene: Scene) -> None:
    approved, rejected = scene.waiting(), scene.waiting()
    bob = scene.known_as("Bob")
    assert bob.json("review", "approve", approved, "--by", " b\u200bOB ")["by"] == "Bob"
    assert bob.json("review", "reject", rejected, "--by", "BOB", "--why", "fraud")["by"] == "Bob"
    assert scene.state(rejected) == ("failed", "rejected")
    facts = scene.cli.json("payout", "show", approved)["facts"]
    assert [fact["data"]["by"] for fact in facts if fact["kind"] == "approved"] == ["Bob"]


def test_nobody_decides_under_a_name_that_they_cannot_prove(scene: Scene) -> None:
    order_id = scene.waiting()
    cases = [
        (scene.with_key("x" * 43), "Bob", WRONG),
        (scene.known_as("Alice Lim"), "Bob", WRONG),
        (scene.known_as("Bob"), "Mallory", WRONG),
        (scene.known_as("Bob"), "Gone", WRONG),
        (scene.with_key("é\U0001f600"), "Bob", WRONG),
        (scene.known_as("Gone"), "Gone", "disabled"),
        (scene.known_as("Vic"), "Vic", "viewer"),
    ]
    for cli, by, expected in cases:
        for verb in (("approve",), ("reject", "--why", "fraud")):
            said = cli.refusal("review", verb[0], order_id, "--by", by, *verb[1:])
            assert expected in said, (by, said)
            assert not any(key in said for key in scene.keys.values())
    assert scene.state(order_id) == ("in_review", "pending")


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_without_a_key_and_a_terminal_a_decision_is_refused_with_what_to_do(scene: Scene, form: list[str]) -> None:
    order_id = scene.waiting()
    for cli in (scene.cli, scene.with_key(""), scene.with_key(" \n")):
        result = cli("review", "approve", order_id, "--by", "Bob", *form, status=1)
        assert result.out == ""
        assert ASKS in result.err
    assert scene.state(order_id) == ("in_review", "pending")


def test_a_new_key_ends_the_old_one(scene: Scene) -> None:
    old = scene.cli.json("user", "add", "Kim")["key"]
    new = scene.cli.json("user", "key", "kim")
    assert (new["name"], new["key"] == old, len(new["key"])) == ("Kim", False, 43)
    order_id = scene.waiting()
    assert WRONG in scene.with_key(old).refusal("review", "approve", order_id, "--by", "Kim")
    assert scene.with_key(new["key"]).json("review", "approve", order_id, "--by", "Kim")["by"] == "Kim"
    assert scene.cli.json("user", "disable", "Kim")["changed"] is True
    assert scene.cli.json("user", "disable", "Kim")["changed"] is False
    assert "disabled" in scene.cli.refusal("user", "key", "Kim")
    for verb in ("key", "disable"):
        assert "`outlay user list`" in scene.cli.refusal("user", verb, "Nobody")


def test_a_key_that_could_not_be_shown_says_how_to_make_another(scene: Scene) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        for words in (["user", "add", "Unseen"], ["user", "key", "Unseen", "--json"]):
            command = [sys.executable, "-m", "outlay.cli", *words, "--data", str(scene.cli.data)]
            done = subprocess.run(
                command, stdout=full, stderr=subprocess.PIPE, env=scene.cli.environment(), check=False, text=True
            )
            assert done.returncode == 1
            assert "the key of Unseen was not shown" in done.stderr
            assert "`outlay user key NAME`" in done.stderr
    finally:
        os.close(full)


# At a terminal


TAKE_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "outlay.cli", *sys.argv[1:]])
"""
"""So that Ctrl-C at the terminal is one for the command, also where whoever runs the tests does not hear it."""
QUESTION = "what you type is not shown"


class Seen(msgspec.Struct, frozen=True):
    """How a command at a terminal ended, and all that stood there; `shows` is whether it shows what is typed then."""

    status: int
    out: str
    terminal: str
    shows: bool


def at_terminal(cli: Cli, typed: str, *words: str) -> Seen:
    """`typed` is typed as soon as the question stands there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", TAKE_TERMINAL, *words, "--data", str(cli.data)]
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=cli.environment(),
        text=True,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        seen, is_typed = "", False
        while part := _read(ours):
            seen += part
            if QUESTION in seen and not is_typed:
                os.write(ours, typed.encode())
                is_typed = True
        out, _ = process.communicate(timeout=PATIENCE_S)
    shows = bool(termios.tcgetattr(ours)[3] & termios.ECHO)
    os.close(ours)
    assert "Traceback" not in seen
    return Seen(process.returncode, out, " ".join(seen.split()), shows)


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode()
    except OSError:  # nobody has the other end any more
        return ""


def test_at_a_terminal_the_key_is_asked_for_and_never_shown(scene: Scene) -> None:
    order_id, key = scene.waiting(), scene.keys["Bob"]
    seen = at_terminal(scene.cli, f" {key} \n", "review", "approve", order_id, "--by", "bob")
    assert (seen.status, seen.shows) == (0, True), seen
    assert "approved by Bob" in seen.out
    assert f"key of bob ({QUESTION})" in seen.terminal
    assert key not in seen.terminal + seen.out


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("\n", ASKS), ("\x04", ASKS), ("wr0ng\n", WRONG), ("wr0ng\n", "a person was not proved"), ("\x03", "")],
    ids=["nothing", "end", "wrong", "logged", "interrupt"],
)
def test_another_answer_at_the_terminal_decides_nothing_and_leaves_it_as_it_was(
    scene: Scene, typed: str, expected: str
) -> None:
    order_id = scene.waiting()
    seen = at_terminal(scene.cli, typed, "review", "approve", order_id, "--by", "Bob")
    assert seen.status != 0
    assert (seen.out, seen.shows) == ("", True)
    assert expected in seen.terminal
    assert "wr0ng" not in seen.terminal
    assert scene.state(order_id) == ("in_review", "pending")


def test_who_wants_a_document_is_never_asked(scene: Scene) -> None:
    order_id = scene.waiting()
    seen = at_terminal(scene.cli, "\n", "review", "approve", order_id, "--by", "Bob", "--json")
    assert (seen.status, seen.out) == (1, "")
    assert ASKS in seen.terminal
    assert QUESTION not in seen.terminal
