"""Which rules are broken, in which order, over how many workers, and what became of each.

Every rule that is chosen is broken in each of the ways that its claim names. Before that, the tests that claim them are
run on an unbroken copy, all at once: a test that is red there can notice nothing.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Self

import msgspec

from tests.prove.rehearsal import GREEN, NOTICED, Rehearsal
from tests.rules.breaks import Break
from tests.rules.collecting import ROOT, Claim, environment_on

_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "*.egg-info", "bench.json")

RED = "is not green on an unbroken copy"
_NOBODY = "the worker died"


class Proved(msgspec.Struct, frozen=True):
    """One rule, broken in one way. `said` is NOTICED, or why it was not."""

    claim: Claim
    how: Break
    said: str

    @property
    def is_noticed(self) -> bool:
        return self.said == NOTICED


def chosen(claims: Sequence[Claim], seed: int, rows: int | None, named: str = "") -> list[Claim]:
    """`rows` of them, or all, in an order that the seed makes; only those whose API and row contain `named`."""
    fitting = [claim for claim in claims if named in f"{claim.api} {claim.row}"]
    count = len(fitting) if rows is None else min(rows, len(fitting))
    return random.Random(seed).sample(fitting, count)


class Worker:
    """A process on a copy of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def __call__(self, rehearsal: Rehearsal) -> dict[str, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(msgspec.json.encode(rehearsal) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:  # it died before
            return dict.fromkeys(rehearsal.nodes, _NOBODY)
        answer = self._process.stdout.readline()
        if not answer:
            return dict.fromkeys(rehearsal.nodes, _NOBODY)
        return msgspec.json.decode(answer, type=dict[str, str])

    @classmethod
    @contextmanager
    def on_a_copy(cls, root: Path) -> Iterator[Self]:
        with tempfile.TemporaryDirectory(prefix="outlay-prove-") as folder:
            copy = Path(folder).resolve() / "copy"
            shutil.copytree(root, copy, ignore=_LEFT_OUT)
            with subprocess.Popen(
                [sys.executable, "-m", "tests.prove.worker"],
                cwd=copy,
                env=environment_on(copy),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            ) as process:
                yield cls(process)
                assert process.stdin is not None
                process.stdin.close()


def prove(
    claims: Sequence[Claim], *, workers: int, root: Path = ROOT, progress: Callable[[int], None] = lambda _: None
) -> list[Proved]:
    """In the order of the claims. `progress` is told how many breaks are done."""
    tasks = [(claim, how) for claim in claims for how in claim.breaks]
    free: SimpleQueue[Worker] = SimpleQueue()
    done = 0

    def rehearse(nodes: tuple[str, ...], how: Break | None = None) -> dict[str, str]:
        worker = free.get()
        try:
            return worker(Rehearsal(nodes, how))
        finally:
            free.put(worker)

    def prove_one(task: tuple[Claim, Break]) -> Proved:
        nonlocal done
        claim, how = task
        is_green = unbroken[claim.node] == GREEN
        said = rehearse((claim.node,), how)[claim.node] if is_green else RED
        done += 1
        progress(done)
        return Proved(claim, how, said)

    with ExitStack() as running, ThreadPoolExecutor(workers) as pool:
        for _ in range(workers):
            free.put(running.enter_context(Worker.on_a_copy(root)))
        unbroken = rehearse(tuple(claim.node for claim in claims))
        return list(pool.map(prove_one, tasks))
