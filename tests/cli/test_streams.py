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


def test_a_result_whose_reader_has_gone_is_lost(given_up: int) -> None:
    assert run(DELIVER, out=given_up).stderr == "lost: standard output cannot be written: Broken pipe\n"


def test_a_result_is_lost_too_where_something_before_it_was(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4, 4)); import signal; "
    ignored = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); print('before'); "
    more_room = "os.ftruncate(1, 0); os.lseek(1, 0, 0)"
    done = run(limit + ignored + more_room + DELIVER, "> result", tmp_path)
    assert done.stderr == "lost: standard output cannot be written: File too large\n"
    assert (tmp_path / "result").read_text() == ""
