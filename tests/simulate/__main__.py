"""`./run simulate [--payouts N] [--seed S] [--jobs N] [--workers N] [--control NAME | --controls] [--json]`: payouts
through the real core, service and workers, in worlds where everything fails that can, on a clock that jumps.

Ends with 1 where a payout was paid twice, was called failed and is paid, or is lost, where books are not balanced, or
where a fault was never met in a phase in which it can be. The same seed gives the same run, whatever --jobs says.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from outlay.process.stopping import end_as_by_interrupt
from tests.simulate.campaign import Terms, simulate, try_controls
from tests.simulate.controls import BY_NAME, CONTROLS
from tests.simulate.report import as_json, controls_document, show, show_controls
from tests.support.seeds import seed_of_tree

PAYOUTS = 10_000
CONTROL_PAYOUTS = 60_000
"""At most, without each rule: it ends where harm is seen."""


def main() -> int:
    given = _parser().parse_args()
    end_as_by_interrupt()
    seed = seed_of_tree() if given.seed is None else given.seed
    payouts = given.payouts or (CONTROL_PAYOUTS if given.controls else PAYOUTS)
    terms = Terms(payouts, seed, given.jobs, given.workers, given.control)
    return _controls(given, terms) if given.controls else _simulate(given, terms)


def _simulate(given: argparse.Namespace, terms: Terms) -> int:
    with _progress(f"seed {terms.seed}", terms.payouts) as tell:
        summary = simulate(terms, lambda done: tell(done, f"seed {terms.seed}"))
    if given.json:
        print(as_json(summary.as_document()))
        for what in (*summary.examples, *summary.complaints, *(f"never met: {pair}" for pair in summary.never_met)):
            print(f"simulate: {what}", file=sys.stderr)
    else:
        show(summary, Console())
    return 0 if summary.is_good else 1


def _controls(given: argparse.Namespace, terms: Terms) -> int:
    with _progress("taking rules out", len(CONTROLS)) as tell:
        tried = iter(range(len(CONTROLS)))
        caught = try_controls(terms, lambda name: tell(next(tried), f"without {name}"))
    if given.json:
        print(as_json(controls_document(caught)))
    else:
        show_controls(caught, Console())
    return 0 if all(each.is_caught for each in caught) else 1


@contextmanager
def _progress(first: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """For a terminal a bar, for a log a line now and then."""
    began = told = time.monotonic()
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        line = bar.add_task(first, total=total)

        def tell(done: int, what: str) -> None:
            nonlocal told
            bar.update(line, completed=done, description=what)
            if not errors.is_terminal and time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"simulate: {told - began:4.0f} s: {what}: {done:,} of {total:,}", file=sys.stderr, flush=True)

        yield tell


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run simulate", description=__doc__)
    many = f"how many (default: {PAYOUTS:,}; with --controls at most {CONTROL_PAYOUTS:,} each)"
    parser.add_argument("--payouts", type=_count, metavar="N", help=many)
    parser.add_argument("--seed", type=int, metavar="S", help="what chance begins with (default: that of the sources)")
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="so many processes share the work")
    parser.add_argument("--workers", type=_count, metavar="N", help="server processes in a world (default: 3 to 5)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--control", choices=sorted(BY_NAME), metavar="NAME", help=f"without one rule: {_names()}")
    which.add_argument(
        "--controls", action="store_true", help="without each rule in turn: harm must be seen every time"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return parser


def _names() -> str:
    return ", ".join(control.name for control in CONTROLS)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
