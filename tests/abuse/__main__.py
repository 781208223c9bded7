"""`./run abuse [--only TEXT] [--behind-proxy] [--control] [--json]`: strangers press on a server, and valid callers
must not feel it.

The server, its database and its merchants are made for the run, on this machine alone, and nothing of them is left.
With --control each limit is taken out, one at a time: then the stranger that it is for must be seen to do harm. Behind
a proxy a stranger sends 32 MiB a second at most: more would measure the proxy, which has the same processors here.
"""

from __future__ import annotations

import argparse
import sys
import time

from rich.console import Console

from outlay.process.stopping import end_as_by_interrupt
from tests.abuse.campaign import Terms, all_strangers, campaign
from tests.abuse.controls import CONTROLS, tried
from tests.abuse.proxies import PROGRAMS, program
from tests.abuse.report import ControlSummary, Summary, as_json, show, show_controls
from tests.support.progress import progress


def main() -> int:
    given = _parser().parse_args()
    end_as_by_interrupt()
    if given.behind_proxy and program(given.behind_proxy) is None:
        print(f"abuse: {given.behind_proxy} is not installed", file=sys.stderr)
        return 2
    terms = Terms(proxy=given.behind_proxy or "", tries=given.tries)
    return _control(given, terms) if given.control else _strangers(given, terms)


def _strangers(given: argparse.Namespace, terms: Terms) -> int:
    strangers = all_strangers(given.only)
    if not strangers:
        print("abuse: none of these: " + ", ".join(who.name for who in all_strangers()), file=sys.stderr)
        return 2
    began = time.monotonic()
    with progress("abuse", "making merchants", 2 * len(strangers) + 1) as tell, campaign(terms) as opened:
        trials = opened.run(strangers, tell)
    harmful = sum(bool(trial.harms) for trial in trials)
    summary = Summary(terms.proxy, round(time.monotonic() - began, 1), len(trials), harmful, trials)
    if given.json:
        print(as_json(summary))
    else:
        show(summary, Console())
    return 1 if harmful else 0


def _control(given: argparse.Namespace, terms: Terms) -> int:
    controls = [each for each in CONTROLS if given.only in each.limit]
    if not controls:
        print("abuse: none of these: " + ", ".join(each.limit for each in CONTROLS), file=sys.stderr)
        return 2
    began = time.monotonic()
    steps = 2 * sum(len(each.strangers) for each in controls) + 1
    with progress("abuse", "making merchants", steps) as tell:
        caught = [
            tried(each, terms, lambda name, limit=each.limit: tell(f"without {limit}: {name}")) for each in controls
        ]
    summary = ControlSummary(round(time.monotonic() - began, 1), caught)
    if given.json:
        print(as_json(summary))
    else:
        show_controls(summary, Console())
    return 0 if all(each.is_caught for each in caught) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run abuse", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="only strangers (limits) with this in their names")
    parser.add_argument("--control", action="store_true", help="take each limit out: its stranger must do harm")
    parser.add_argument(
        "--behind-proxy",
        nargs="?",
        const="nginx",
        choices=list(PROGRAMS),
        help="callers and strangers come through one local TLS proxy (default: nginx)",
    )
    parser.add_argument(
        "--tries", type=int, default=2, metavar="N", help="how often harm must be seen to be called so (default: 2)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
