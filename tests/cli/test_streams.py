"""What is printed comes out, or is dropped as a whole: real processes, on outputs that are closed, full, given up by
their reader, or of few letters."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

BEGIN = "import os, sys; from outlay.cli import streams; streams.take_over(); "


@pytest.fixture
def given_up() -> Iterator[int]:
    """A pipe that nobody reads any more."""
    reads, writes = os.pipe()
    os.close(reads)
    yield writes
    os.close(writes)


def run(
    code: str, how: str = "", folder: Path | None = None, out: int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A process that takes over its streams and then runs this, started by a shell with these redirections."""
    return subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {how}', sys.executable, BEGIN + code],
        cwd=folder,
        env=os.environ | environment,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        errors="surrogateescape",
        check=False,
        timeout=120,
    )


DELIVER = (
    "\ntry: streams.deliver('the key\\n'); print('kept', file=sys.stderr)"
    "\nexcept streams.OutputLost as lost: print('lost:', lost, file=sys.stderr)"
)


def test_a_result_that_is_delivered_is_out_before_the_next_step(tmp_path: Path) -> None:
    done = run("streams.deliver('the key\\n'); os._exit(7)", "> result", tmp_path)
    assert (done.returncode, (tmp_path / "result").read_text()) == (7, "the key\n")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (">&-", "standard output is closed"),
        (">/dev/full", "standard output cannot be written: No space left on device"),
        ("1</dev/null", "standard output cannot be written: Bad file descriptor"),
    ],
)
def test_a_result_that_cannot_be_delivered_is_told_to_whoever_made_it(how: str, why: str) -> None:
    assert run(DELIVER, how).stderr == f"lost: {why}\n"


def test_what_whoever_made_a_result_was_told_is_not_told_again() -> None:
    assert run(DELIVER + "\nprint(streams.stdout.fault(), file=sys.stderr)", ">/dev/full").stderr.endswith("\nNone\n")


def test_a_result_whose_reader_has_gone_is_lost(given_up: int) -> None:
    assert run(DELIVER, out=given_up).stderr == "lost: standard output cannot be written: Broken pipe\n"


def test_a_result_is_lost_too_where_something_before_it_was(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4, 4)); import signal; "
    ignored = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); print('before'); "
    more_room = "os.ftruncate(1, 0); os.lseek(1, 0, 0)"
    done = run(limit + ignored + more_room + DELIVER, "> result", tmp_path)
    assert done.stderr == "lost: standard output cannot be written: File too large\n"
    assert (tmp_path / "result").read_text() == ""


def test_before_the_streams_are_taken_over_nothing_stands_in_the_place_of_a_closed_one() -> None:
    """What the sources open when they are read would get its number, and then what is printed."""
    code = "import os, outlay.cli.main; os._exit(sum(os.path.exists(f'/proc/self/fd/{n}') for n in (0, 1, 2)))"
    done = subprocess.run(["bash", "-c", '"$0" -c "$1" <&- >&- 2>&-', sys.executable, code], check=False, timeout=120)
    assert done.returncode == 0


def test_a_file_that_is_opened_later_never_gets_what_is_printed(tmp_path: Path) -> None:
    opened = "files = [open(name, 'w') for name in 'abc']; "
    run(
        opened + "print('out'); print('err', file=sys.stderr); os.write(2, b'a line of the log')",
        "<&- >&- 2>&-",
        tmp_path,
    )
    assert [(tmp_path / name).read_text() for name in "abc"] == ["", "", ""]


@pytest.mark.parametrize(
    ("letters", "shown"),
    [
        ("utf-8", "São → \\udcff \\x1b[0m\n".encode()),
        ("latin-1", b"S\xe3o \\u2192 \\udcff \\x1b[0m\n"),
        ("ascii", b"S\\xe3o \\u2192 \\udcff \\x1b[0m\n"),
        ("ascii:strict", b"S\\xe3o \\u2192 \\udcff \\x1b[0m\n"),
    ],
)
def test_a_letter_that_is_lacking_is_shown_by_its_number_and_so_is_what_a_terminal_obeys(
    letters: str, shown: bytes
) -> None:
    done = run("print('S\\xe3o \\u2192 \\udcff \\x1b[0m')", PYTHONIOENCODING=letters)
    assert done.stdout.encode("utf-8", "surrogateescape") == shown


@pytest.mark.slow  # whole processes
def test_lines_and_tabs_stay_what_they_are_for_they_are_how_a_shell_is_told_of_words() -> None:
    told = run(
        "from outlay.cli.main import run; run()",
        _OUTLAY_COMPLETE="complete_fish",
        _TYPER_COMPLETE_ARGS="outlay f",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
    ).stdout
    assert [line.split("\t")[0] for line in told.splitlines()] == ["fund", "fee"]
    assert "\t" in told


def test_after_what_could_not_be_written_nothing_more_is_so_that_no_text_has_a_hole(tmp_path: Path) -> None:
    limit = "import resource, signal; resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8)); "
    full = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); print('0123456789'); "
    room = "os.ftruncate(1, 4); os.lseek(1, 4, 0); print('x'); print(streams.stdout.fault(), file=sys.stderr)"
    done = run(limit + full + room, "> result", tmp_path)
    assert (tmp_path / "result").read_text() == "0123"
    assert done.stderr == "standard output cannot be written: File too large\n"


def test_a_pipe_that_does_not_wait_gets_everything_all_the_same() -> None:
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    code = BEGIN + "streams.deliver('0123456789' * 100_000)"
    with open(reads, "rb") as pipe, subprocess.Popen([sys.executable, "-c", code], stdout=writes) as process:
        os.close(writes)
        assert len(pipe.read()) == 1_000_000
        assert process.wait(120) == 0
