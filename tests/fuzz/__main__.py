"""`python -m tests.fuzz [--requests N] [--seed S]`: an attack of any length on a fresh server; it prints its seed."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

from tests.e2e.server import Server, quiet_folder
from tests.fuzz.fuzzer import attack
from tests.fuzz.stage import staged


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    given = parser.parse_args()
    with (
        quiet_folder() as folder,
        tempfile.TemporaryDirectory() as keys,
        Server(folder / "data") as server,
        staged(server, Path(keys)) as stage,
    ):
        report = attack(stage, given.seed, given.requests)
    print(report)
    for name in sorted({*report.accepted, *report.refused}):
        print(f"{name:32}{report.accepted[name]:8} accepted{report.refused[name]:8} refused")
    sys.exit(1 if report.findings or report.weak_points() else 0)


main()
