"""`./run bench --against REF`: the hot paths of the present working tree beside those of another commit.

Three servers stand at once, each with its own sources, data folder and PostgreSQL: REF's, REF's once more, and the
present tree's. In each round each path is measured on all three, one after the other, in an order that changes: a slow
minute of the machine hits all of them, and none profits from its place. One is under load while the others rest. How
REF differs from itself is the control.

The trap: this process has imported the present tree's package (the load generator is the same for all). What must be
done in a tree's own words, orders, keys and signatures, is done in that tree's process (tests.bench.side).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import uvloop
from rich.console import Console
from rich.progress import Progress

from outlay.cli.output import print_json
from tests.bench.load import Measured, Shot, WrongAnswer, fire
from tests.bench.ratios import Row, blind, judge, losses
from tests.bench.side import Ready, Wanted
from tests.bench.trees import LOCK, ROOT, CannotCompare, install, planted_copy, same_packages, write_out
from tests.bench.verdicts import console_for, print_verdicts

STOP_PATIENCE_S = 60.0
ORDERS = tuple(itertools.permutations(range(3)))
MEASURES = {"per_second": True, "p50_ms": False, "p99_ms": False}
"""Of Measured, and whether more of it is faster."""

NAMES = ("reference", "reference again", "present")

T = TypeVar("T")


class Plan(msgspec.Struct, frozen=True):
    """`only`: texts, one of which a path's name must contain; none means all. `allowed_loss`: a share of the speed.
    `waste_us`: microseconds, wasted on purpose in each request of the present tree."""

    ref: str
    rounds: int
    requests: int
    only: Sequence[str]
    allowed_loss: float
    waste_us: int


class Side:
    """A tree's process. Nothing is waited for until it is read."""

    def __init__(self, name: str, tree: Path, python: Path, only: Sequence[str]) -> None:
        self.name = name
        self._sources = tree / "src"
        self._process = subprocess.Popen(
            [str(python), "-m", "tests.bench.side", *only],
            cwd=ROOT,
            # One seed for all: in which order a set's members come is no difference between trees.
            env=os.environ | {"PYTHONPATH": f"{self._sources}{os.pathsep}{ROOT}", "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C is for us, who tell the children
        )

    def get_ready(self) -> Sequence[str]:
        """The paths that it can be asked for. Raises CannotCompare, as all that reads from it does."""
        ready = self._read(Ready)
        if Path(ready.sources).resolve() != self._sources.resolve():
            raise CannotCompare(f"{self.name} was served from {ready.sources}, not from its own sources")
        self.base_url = ready.base_url
        return ready.paths

    def ask_for_shots(self, path: str, requests: int) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended, as the next to read will tell
            self._process.stdin.write(msgspec.json.encode(Wanted(path, requests)) + b"\n")
            self._process.stdin.flush()

    def take_shots(self) -> list[Shot]:
        return self._read(list[Shot])

    def _read(self, kind: type[T]) -> T:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise CannotCompare(f"{self.name} cannot be measured by this benchmark; what it said stands above")
        return msgspec.json.decode(line, type=kind)

    def tell_to_stop(self) -> None:
        self._process.terminate()

    def wait(self) -> None:
        try:
            self._process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its server ends with it
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


Results = Mapping[str, Sequence[list[Measured]]]
"""By path: what was measured of the reference, of the reference again and of the present tree, by rounds."""


def measure(plan: Plan, *, as_json: bool) -> int:
    """Compare and print; gives the exit status: 1 where a loss counts, 2 where nothing could be compared."""
    console = console_for(as_json=as_json)
    try:
        with tempfile.TemporaryDirectory(prefix="outlay-bench-") as folder:
            document = _measure(plan, Path(folder), console)
    except (CannotCompare, WrongAnswer) as error:
        Console(stderr=True).print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        return 2
    if as_json:
        print_json(document)
    return 1 if document["losses"] else 0


def _measure(plan: Plan, folder: Path, console: Console) -> dict[str, Any]:
    reference = folder / "reference"
    commit = write_out(ROOT, plan.ref, reference)
    python = Path(sys.executable)
    if not same_packages(reference, ROOT):
        console.print(f"{plan.ref} locks other packages ({LOCK}): its own are installed for its servers")
        folder.chmod(0o711)  # of root's servers another user runs the database, from what is installed in here
        python = install(reference)
    present = planted_copy(ROOT, folder / "planted", plan.waste_us) if plan.waste_us else ROOT
    with _sides(reference, python, present, plan.only) as (sides, paths):
        results = _measured(sides, paths, plan, console)
    rows = [_row(path, measure, results[path]) for measure in MEASURES for path in paths]
    title = f"Beside {commit.commit_id[:12]} “{commit.subject}”, {plan.rounds} rounds of {plan.requests} requests"
    print_verdicts(console, title, rows, plan.allowed_loss)
    return {
        "reference": msgspec.to_builtins(commit) | {"own_packages": python != Path(sys.executable)},
        "plan": msgspec.to_builtins(plan),
        "rows": msgspec.to_builtins(rows),
        "losses": msgspec.to_builtins(losses(rows, plan.allowed_loss)),
        "blind": msgspec.to_builtins(blind(rows, plan.allowed_loss)),
        "rounds": msgspec.to_builtins({path: dict(zip(NAMES, three, strict=True)) for path, three in results.items()}),
    }


@contextmanager
def _sides(
    reference: Path, python: Path, present: Path, only: Sequence[str]
) -> Iterator[tuple[Sequence[Side], Sequence[str]]]:
    """The three, ready, and the paths that all of them have."""
    sides: list[Side] = []
    try:
        for name, tree, binary in zip(
            NAMES, (reference, reference, present), (python, python, Path(sys.executable)), strict=True
        ):
            sides.append(Side(name, tree, binary, only))
        offered = [side.get_ready() for side in sides]
        paths = [path for path in offered[0] if all(path in others for others in offered)]
        if not paths:
            raise CannotCompare(f"no hot path that both trees have has one of these in its name: {', '.join(only)}")
        yield sides, paths
    finally:
        for side in sides:
            side.tell_to_stop()
        for side in sides:
            side.wait()


def _measured(sides: Sequence[Side], paths: Sequence[str], plan: Plan, console: Console) -> Results:
    """The first round is thrown away: connections, caches and prepared statements are made in it."""
    results: dict[str, tuple[list[Measured], ...]] = {path: ([], [], []) for path in paths}
    with (
        Progress(console=console, transient=True) as progress,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        task = progress.add_task("", total=(1 + plan.rounds) * len(paths))
        for turn in range(1 + plan.rounds):
            for place, path in enumerate(paths):
                progress.update(task, description=path)
                for side in sides:
                    side.ask_for_shots(path, plan.requests)
                shots = [side.take_shots() for side in sides]
                for which in ORDERS[(turn + place) % len(ORDERS)]:
                    measured = runner.run(fire(sides[which].base_url, shots[which]))
                    if turn > 0:
                        results[path][which].append(measured)
                progress.advance(task)
    return results


def _row(path: str, measure: str, three: Sequence[list[Measured]]) -> Row:
    first, again, present = ([getattr(measured, measure) for measured in side] for side in three)
    return judge(path, measure, first, again, present, more_is_faster=MEASURES[measure])
