"""`./run bench`: what this tree costs, beside other work of the same machine or, with `--against REF`, another tree."""

from __future__ import annotations

import argparse
import sys

from outlay.process.stopping import end_as_by_interrupt
from tests.bench import counts, one_tree, two_trees, workers

FEWEST_ROUNDS = 7


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help="default: 5; with --against 12, and 7 at least")
    parser.add_argument("--requests", type=int, help="of one kind in one round (default: 3000; with --against 800)")
    parser.add_argument("--seconds", type=int, default=2, help="length of one pgbench round")
    parser.add_argument("--json", action="store_true", help="print one JSON document with everything")
    parser.add_argument(
        "--workers",
        action="store_true",
        help="only the background work: how many are paid a second, and who is harmed",
    )
    parser.add_argument(
        "--counts",
        action="store_true",
        help="only the calls of our own functions that one request makes, and in how many files",
    )
    compared = parser.add_argument_group("comparing two trees")
    compared.add_argument("--against", metavar="REF", help="compare with the tree of this commit, tag or branch")
    compared.add_argument(
        "--only", metavar="TEXT", action="append", help="only hot paths with this in their names: query, create, an API"
    )
    compared.add_argument(
        "--allowed-loss", type=float, default=3.0, metavar="PERCENT", help="a greater loss fails (default: 3)"
    )
    compared.add_argument(
        "--plant", type=int, default=0, metavar="US", help="a control: waste so many microseconds in each request"
    )
    given = parser.parse_args()
    if given.against is None and (given.only or given.plant):
        parser.error("--only and --plant need --against")
    if given.against is not None and (given.workers or given.counts):
        parser.error("--workers and --counts measure one tree")
    if given.against is not None and given.rounds is not None and given.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds: a comparison needs {FEWEST_ROUNDS} at least")
    end_as_by_interrupt()
    try:
        sys.exit(_run(given))
    except KeyboardInterrupt:
        sys.exit(130)


def _run(given: argparse.Namespace) -> int:
    if given.workers:
        workers.measure(workers.Plan(rounds=given.rounds or 3), as_json=given.json)
        return 0
    if given.counts:
        counts.measure(as_json=given.json)
        return 0
    if given.against is None:
        one_tree.measure(given.rounds or 5, given.requests or 3000, given.seconds, as_json=given.json)
        return 0
    plan = two_trees.Plan(
        ref=given.against,
        rounds=given.rounds or 12,
        requests=given.requests or 800,
        only=given.only or [],
        allowed_loss=given.allowed_loss / 100,
        waste_us=given.plant,
    )
    return two_trees.measure(plan, as_json=given.json)


main()
