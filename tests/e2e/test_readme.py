"""The blocks of the README and of docs/examples are pasted as they stand, in order, into a fresh copy of the project,
as somebody new does it: the server's into one shell, all others into a second one. They show what they promise, they
keep keys to whoever pasted them, and they leave nothing that git sees.

Of an API that has blocks, here or there, `tests/apis/<name>/pasted.py` knows what they show and which keys they leave.

Interactive shells, because that is where people paste: there zsh knows no comments, `!` has a meaning, and a command
that reads its standard input swallows the rest of the paste. The copy installs itself, so this needs the package index.

The trap: the README's port may be taken. A pair of shells agrees on another one as a reader would, by the variable that
the README names; it lies outside the range from which the system gives ports to others.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tests.apis.found import all_names, part_of
from tests.e2e.server import processes_on

pytestmark = [pytest.mark.slow, pytest.mark.longest]

ROOT: Final = Path(__file__).resolve().parents[2]
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELLS: Final[Mapping[str, tuple[str, ...]]] = {
    "bash": ("bash", "--norc", "-i"),
    "sh": ("sh", "-i"),
    "zsh": ("zsh", "-f", "-i"),
}
ALWAYS_THERE: Final = {"bash", "sh"}
SAID_IN_TROUBLE: Final = re.compile(
    r"Traceback|not found|no such|no matches|(parse|syntax) error|^(error|usage|curl): ", re.IGNORECASE | re.MULTILINE
)
AFTER_A_BLOCK: Final = "pasted-to-here"
PATIENCE_S: Final = 600.0
NOT_GIVEN_BY_THE_SYSTEM: Final = range(15_000, 30_000)


@pytest.fixture
def project() -> Iterator[Path]:
    """The project as git would hand it over, in a folder of its own; gone afterwards with all that lives on it."""
    # Not in memory: a program cannot be run from there everywhere.
    folder = Path(tempfile.mkdtemp(prefix="outlay-readme-")).resolve()
    try:
        folder.chmod(0o755)
        copy_what_git_knows(folder)
        yield folder
    finally:
        for pid in processes_on(folder):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def git(folder: Path, *words: str) -> str:
    """Without any settings of whoever runs the tests: what is ignored, the project itself ignores."""
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "safe.directory=*", "-c", "user.name=Reader", "-c", "user.email=reader@example.com")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, env=os.environ | settings, capture_output=True, text=True, check=True
    )
    return done.stdout


def copy_what_git_knows(folder: Path) -> None:
    """With changes that are not committed yet: they are what is tested."""
    known = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, known):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "As it was cloned")


def environment(port: int) -> dict[str, str]:
    """A new terminal's: nothing of the environment in which the tests run."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OUTLAY_", "PYTHON", "VIRTUAL_ENV", "PYTEST", "GIT_")) and name != "DATABASE_URL"
    }
    path = [place for place in kept["PATH"].split(os.pathsep) if not Path(place).is_relative_to(ROOT)]
    no_prompt = {"PS1": "", "PS2": ""}
    return kept | no_prompt | {"PATH": os.pathsep.join(path), "OUTLAY_PORT": str(port)}


def free_port() -> int:
    while True:
        port = random.choice(NOT_GIVEN_BY_THE_SYSTEM)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def first_terminal(project: Path, block: str, port: int) -> Iterator[str]:
    """The server's; gives what it said until it served. Ctrl-C ends it."""
    with subprocess.Popen(
        [*SHELLS["bash"]],
        cwd=project,
        env=environment(port),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(block)
        shell.stdin.flush()
        said = ""
        while f"Outlay serves on http://127.0.0.1:{port}" not in said:
            line = shell.stdout.readline()
            assert line, f"the server did not start: {said}"
            said += line
        try:
            yield said
        finally:
            os.killpg(shell.pid, signal.SIGINT)
            shell.stdin.close()
            rest = shell.stdout.read()
    assert "Traceback" not in rest


def paste(project: Path, shell: str, blocks: list[str], port: int) -> list[str]:
    """What the shell printed on each block. All of them come at once, so nothing may read what stands behind it."""
    text = "".join(f"{block}printf '\\n%s\\n' {AFTER_A_BLOCK}\n" for block in blocks)
    done = subprocess.run(
        SHELLS[shell],
        cwd=project,
        env=environment(port),
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    printed = done.stdout.split(f"\n{AFTER_A_BLOCK}\n")
    assert len(printed) == len(blocks) + 1, (done.stdout, done.stderr)
    assert not SAID_IN_TROUBLE.search(done.stderr), done.stderr
    return printed[:-1]


class Block(msgspec.Struct, frozen=True):
    """One to paste; `api`: whose it is, empty where it is everybody's."""

    text: str
    api: str


def blocks_of(project: Path) -> list[Block]:
    """The README's, then those of docs/examples, where each page is about the API of its name."""
    of_readme = [
        Block(text, "".join(name for name in all_names() if f"--dialect {name} " in text))
        for text in BLOCK.findall((project / "README.md").read_text("utf-8"))
    ]
    pages = sorted((project / "docs" / "examples").glob("*.md"))
    of_pages = [Block(text, page.stem) for page in pages for text in BLOCK.findall(page.read_text("utf-8"))]
    return [*of_readme, *of_pages]


def names_in(blocks: list[Block]) -> list[str]:
    """The APIs that have some."""
    return sorted({block.api for block in blocks} - {""})


def show_what_they_promise(blocks: list[Block], printed: list[str]) -> None:
    functions, merchant, for_people = (said for block, said in zip(blocks, printed, strict=True) if not block.api)
    assert functions.strip() == ""
    assert "booked 10000.00 BRL as first-deposit" in merchant
    assert "ordered from now on cost 5.00 + 0.0500 × amount" in merchant
    for name in names_in(blocks):
        part_of(name, "pasted").shows([said for block, said in zip(blocks, printed, strict=True) if block.api == name])
    assert re.search(r"state +paid", for_people)
    assert "100.00 held → clearing:sandbox" in for_people
    assert re.search(r" A-1 .* paid ", for_people)
    assert for_people.strip().endswith("the books hold")


def is_private_and_unseen(project: Path, names: list[str]) -> None:
    """Only outlay-keys is a place that the blocks chose; whatever else they left there is not tracked either."""
    keys = {path.name: path.stat().st_mode & 0o777 for path in (project / "outlay-keys").iterdir()}
    assert keys == {file: 0o600 for name in names for file in part_of(name, "pasted").KEYS}
    assert git(project, "status", "--porcelain") == ""
    ignored = git(project, "status", "--porcelain", "--ignored").splitlines()
    left = {line.removeprefix("!! ") for line in ignored if not line.endswith("__pycache__/")}
    assert left == {".venv/", "outlay-data/", "outlay-keys/"}


def test_whoever_says_what_blocks_show_has_some_and_nobody_has_some_without_saying_it() -> None:
    told = sorted(path.parent.name for path in (ROOT / "tests" / "apis").glob("*/pasted.py"))
    assert names_in(blocks_of(ROOT)) == told


def test_every_block_works_as_it_stands_in_every_shell_and_leaves_nothing_that_git_sees(project: Path) -> None:
    served, *others = blocks_of(project)
    assert served.text == "./run outlay serve\n"
    shells = [shell for shell in SHELLS if shell in ALWAYS_THERE or shutil.which(shell)]
    port = free_port()
    with first_terminal(project, served.text, port) as said:
        assert "run: first use: installing" in said
        assert "run: installed after" in said
        for shell in shells:
            show_what_they_promise(others, paste(project, shell, [block.text for block in others], port))
            is_private_and_unseen(project, names_in(others))
    assert not processes_on(project)
