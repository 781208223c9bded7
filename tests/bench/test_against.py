"""`./run bench --against REF` compares what it says it compares, catches a planted loss, and leaves nothing behind.

Trees that differ by chance alone are not asked for a verdict here: chance may find faults, it may not fail a build. The
planted waste is so great that any machine sees it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.trees import GATEWAY, LOCK, ROOT, CannotCompare, plant, planted_copy, same_packages, write_out
from tests.e2e.server import processes_on, quiet_folder, wait_until

PATIENCE_S = 240.0
WASTE_US = 10_000
ROUNDS = 12
FEW = ("--only", "uqpay: query", "--rounds", str(ROUNDS), "--requests", "20")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where its temporary folders will stand."""
    with quiet_folder() as made:
        yield made


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree as the one commit of a repository: made once, because git takes longer for that than to copy it."""
    made = tmp_path_factory.mktemp("committed")
    for part in ("src", "tests", "requirements"):
        shutil.copytree(ROOT / part, made / part, ignore=shutil.ignore_patterns("__pycache__"))
    git(made, "init", "--quiet")
    commit(made, "First")
    return made


@pytest.fixture
def repository(committed: Path, tmp_path: Path) -> Path:
    """The same, as a repository of the test's own."""
    return Path(shutil.copytree(committed, tmp_path / "repository"))


@pytest.fixture
def small_repository(tmp_path: Path) -> Path:
    """The two files that make a tree one that can be compared."""
    made = tmp_path / "small"
    for part in (GATEWAY, LOCK):
        (made / part).parent.mkdir(parents=True)
        shutil.copy(ROOT / part, made / part)
    git(made, "init", "--quiet")
    commit(made, "First")
    return made


def commit(repository: Path, subject: str) -> None:
    """The working tree as it stands."""
    git(repository, "add", "--all")
    git(repository, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", subject)


def git(repository: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(repository), *words], capture_output=True, text=True, check=True)
    return done.stdout


def bench(repository: Path, folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench", "--against", *words],
        cwd=repository,
        env=os.environ | {"TMPDIR": str(folder), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def runs(repository: Path, folder: Path) -> list[int]:
    """Its processes, which stand in the repository, and their servers, which were started on the folder."""
    return processes_on(repository) + processes_on(folder)


def nothing_is_left(repository: Path, folder: Path) -> bool:
    return runs(repository, folder) == [] and list(folder.iterdir()) == []


# The trees


def test_a_commit_is_written_out_as_it_was_and_its_repository_stays_as_it_is(
    small_repository: Path, tmp_path: Path
) -> None:
    (small_repository / GATEWAY).write_text("changed since\n")
    (small_repository / "new.py").write_text("new\n")
    git(small_repository, "add", "new.py")
    before = git(small_repository, "status", "--porcelain")
    written = write_out(small_repository, "HEAD", tmp_path / "out")
    assert (written.commit_id, written.subject) == (git(small_repository, "rev-parse", "HEAD").strip(), "First")
    assert (tmp_path / "out" / GATEWAY).read_bytes() == (ROOT / GATEWAY).read_bytes()
    assert not (tmp_path / "out/new.py").exists()
    assert git(small_repository, "status", "--porcelain") == before
    assert len(git(small_repository, "worktree", "list").splitlines()) == 1


def test_a_commit_without_the_program_cannot_be_compared(small_repository: Path, tmp_path: Path) -> None:
    shutil.rmtree(small_repository / "src")
    commit(small_repository, "Empty")
    with pytest.raises(CannotCompare, match="gateway"):
        write_out(small_repository, "HEAD", tmp_path / "out")


def test_trees_share_an_environment_only_while_they_lock_the_same_packages(small_repository: Path) -> None:
    assert same_packages(small_repository, ROOT)
    (small_repository / LOCK).write_text("other==1\n")
    assert not same_packages(small_repository, ROOT)
    (small_repository / LOCK).unlink()
    assert not same_packages(small_repository, ROOT)


def test_waste_is_planted_in_a_copy_and_never_in_the_tree_itself(small_repository: Path, tmp_path: Path) -> None:
    before = (small_repository / GATEWAY).read_bytes()
    copy = planted_copy(small_repository, tmp_path / "copy", 20)
    assert (small_repository / GATEWAY).read_bytes() == before
    assert "2e-05" in (copy / GATEWAY).read_text("utf-8")


# The whole command


@pytest.mark.slow
def test_a_tree_that_wastes_time_is_called_slower_by_how_much_and_fails(repository: Path, folder: Path) -> None:
    plant(repository, WASTE_US)
    with bench(repository, folder, "HEAD", *FEW, "--json") as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1, err
    document = json.loads(out)
    assert document["reference"]["commit_id"] == git(repository, "rev-parse", "HEAD").strip()
    verdicts = {row["measure"]: row["verdict"] for row in document["rows"]}
    assert verdicts["per_second"] == verdicts["p50_ms"] == "slower"
    rate = next(row for row in document["rows"] if row["measure"] == "per_second")
    # No machine serves more requests in a second than their waste leaves time for.
    assert rate["present"] < 1e6 / WASTE_US
    assert rate in document["losses"]
    (rounds,) = document["rounds"].values()
    assert {name: len(side) for name, side in rounds.items()} == dict.fromkeys(
        ("reference", "reference again", "present"), ROUNDS
    )
    assert "slower by" in err
    assert nothing_is_left(repository, folder)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_behind(repository: Path, folder: Path, number: signal.Signals) -> None:
    with bench(repository, folder, "HEAD", *FEW) as process:
        wait_until(lambda: len(list(folder.glob("outlay-bench-*/pg"))) == 3, PATIENCE_S, "three databases exist")
        # As a terminal does it, to the whole group; a supervisor tells only the one process.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert nothing_is_left(repository, folder)


@pytest.mark.slow
def test_when_it_is_killed_its_servers_and_databases_follow(repository: Path, folder: Path) -> None:
    with bench(repository, folder, "HEAD", *FEW) as process:
        wait_until(lambda: len(list(folder.glob("outlay-bench-*/pg"))) == 3, PATIENCE_S, "three databases exist")
        process.kill()
        process.wait()
        wait_until(lambda: not runs(repository, folder), PATIENCE_S, "nothing runs any more")
    assert list(folder.glob("outlay-bench-*/pg")) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no-such-commit",), "error: git rev-parse: "),
        (("HEAD", "--rounds", "6"), "7 at least"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_line(
    repository: Path, folder: Path, words: tuple[str, ...], said: str
) -> None:
    with bench(repository, folder, *words) as process:
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert said in err
    assert "Traceback" not in err
    assert nothing_is_left(repository, folder)
