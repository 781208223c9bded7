"""`./run prove [--rows N] [--seed S] [--named TEXT] [--json]`: break documented rules; the claiming tests must notice.

Without --rows every rule of every API is broken, in each way that its claim names.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time

import msgspec
from rich.console import Console
from rich.progress import Progress

from tests.prove.campaign import chosen, prove
from tests.prove.report import show, summary_of
from tests.rules.collecting import all_claims
from tests.support.seeds import seed_of_tree

_OFTEN = 100
"""Breaks between two lines of a log."""


def main() -> int:
    given = _parser().parse_args()
    claims = chosen(all_claims(), given.seed, given.rows, given.named)
    if not claims:
        print("prove: no rule has that text in its API and row; docs/coverage-*.md list them", file=sys.stderr)
        return 2
    began = time.monotonic()
    errors = Console(stderr=True)
    total = sum(len(claim.breaks) for claim in claims)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        line = bar.add_task(f"breaking {len(claims)} rules", total=total)

        def tell(done: int) -> None:
            bar.update(line, completed=done)
            if not errors.is_terminal and done % _OFTEN == 0:
                print(f"prove: {done} of {total}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

        proved = prove(claims, workers=given.jobs, progress=tell)
    summary = summary_of(proved, given.seed, time.monotonic() - began)
    if given.json:
        print(msgspec.json.format(msgspec.json.encode(summary)).decode())
    else:
        show(summary, Console())
    return 1 if summary.survivors else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run prove", description=__doc__)
    parser.add_argument("--rows", type=_count, metavar="N", help="so many random rules; without it all")
    parser.add_argument(
        "--seed",
        type=_seed,
        default=secrets.randbelow(10**9),
        metavar="S",
        help="chooses and orders the rules: a number, or the word tree, which makes one from the sources and the tests",
    )
    parser.add_argument("--named", default="", metavar="TEXT", help="only rules whose API and row contain this text")
    parser.add_argument(
        "--jobs", type=_count, default=min(4, os.cpu_count() or 1), metavar="N", help="how many at a time"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _seed(text: str) -> int:
    return seed_of_tree() if text == "tree" else int(text)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
