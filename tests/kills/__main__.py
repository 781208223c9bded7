"""`./run kills [--only MOMENT]... [--seed S] [--control] [--json]`: a real server is killed with kill -9 at each named
moment while merchants order through all APIs, and started again on the same folder; then it is proved that
nothing was lost or paid twice.

A moment that no server died at in time is a failure as well. With --control each of some rules is taken out: then harm
must be seen.
"""

from __future__ import annotations

import argparse
import sys

from rich.console import Console

from outlay.process.stopping import end_as_by_interrupt
from outlay.running.moments import Moment
from tests.kills.campaign import campaign, in_turn
from tests.kills.controls import CONTROLS, tried
from tests.kills.report import as_json, show
from tests.support.progress import progress
from tests.support.seeds import seed_of_tree

LONGEST_SEED = 2**31


def main() -> int:
    given = _parser().parse_args()
    end_as_by_interrupt()
    seed = given.seed if given.seed is not None else seed_of_tree() % LONGEST_SEED
    return _controls(seed) if given.control else _kills(given, seed)


def _kills(given: argparse.Namespace, seed: int) -> int:
    moments = [Moment(name) for name in given.only or Moment]
    with progress("kills", "making merchants", len(in_turn(moments)) + 2) as tell:
        outcome = campaign(moments, seed, tell)
    if given.json:
        print(as_json(outcome))
    else:
        show(outcome, Console())
    return 0 if outcome.is_clean else 1


def _controls(seed: int) -> int:
    missed = False
    for control in CONTROLS:
        with progress("kills", f"without: {control.rule}", 3) as tell:
            outcome = tried(control, seed, tell)
        is_noticed = control.is_noticed(outcome)
        missed = missed or not is_noticed
        print(f"{'noticed' if is_noticed else 'NOT NOTICED'}, without: {control.rule}")
        for fault in outcome.faults:
            print(f"    {fault}")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run kills", description=__doc__)
    names = [moment.value for moment in Moment]
    parser.add_argument("--only", action="append", choices=names, metavar="MOMENT", help="only at this one (repeat it)")
    parser.add_argument("--seed", type=int, help="of the times and of what is ordered (default: by the sources)")
    parser.add_argument("--control", action="store_true", help="take rules out, one at a time: harm must be seen")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
