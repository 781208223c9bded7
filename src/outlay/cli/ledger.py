"""`outlay ledger verify`: prove the books, and fail where they do not hold.

What is proved is told by store.read.proof; this shows it. Exit status 1 with any fault, so that a monitor can run it.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from outlay.cli.common import DataOption, JsonOption, with_runtime
from outlay.cli.output import Output, add, cell, err, json_value, money, out, print_json, table
from outlay.cli.replay_views import print_replay, replay_json
from outlay.kit.characters import plain
from outlay.process.settings import Settings
from outlay.service.operator.replay_ledger import TELL_EVERY, ReplayResult, count_payouts, replay_ledger
from outlay.service.operator.verify_ledger import LedgerProof, verify_ledger
from outlay.service.operator.verify_seals import SEAL_CHECKS
from outlay.service.runtime import Runtime
from outlay.store.read.proof import CHECKS, MOST_FAULTS_SHOWN, CheckResult

app = typer.Typer(help="The books.", no_args_is_help=True)


@app.callback()
def ledger() -> None:
    """The books."""


ReplayOption = Annotated[
    bool,
    typer.Option("--replay", help="Also compute every payout and balance anew, from orders, evidence and decisions."),
]


@app.command()
def verify(replay: ReplayOption = False, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Prove the books: sums, balances against postings, holds, payouts, returns. Exit status 1 with any fault."""

    async def work(runtime: Runtime, _settings: Settings) -> tuple[LedgerProof, ReplayResult | None]:
        with err.progress("verifying", len(CHECKS) + len(SEAL_CHECKS)) as tell:
            proof = await verify_ledger(runtime, lambda result: tell(result.name))
        return proof, await _replayed(runtime) if replay else None

    proof, replayed = with_runtime(data, work)
    is_clean = proof.is_clean and (replayed is None or replayed.is_clean)
    if as_json:
        added = {"ok": is_clean, "replay": replay_json(replayed)} if replayed is not None else {}
        print_json(proof_json(proof) | added)
    else:
        _print_proof(proof, replayed)
    if not is_clean:
        raise typer.Exit(1)


async def _replayed(runtime: Runtime) -> ReplayResult:
    steps = -(-await count_payouts(runtime) // TELL_EVERY)
    with err.progress("replaying", steps) as tell:
        return await replay_ledger(runtime, lambda done: tell(f"{done:,} payouts replayed"))


def _print_proof(proof: LedgerProof, replayed: ReplayResult | None) -> None:
    checks = table("check", "proves that", "result")
    for result in proof.results:
        add(checks, result.name, result.proves, _result_text(result))
    out.show(checks)
    for result in proof.results:
        for fault in result.faults:
            known = _fault_json(fault).items()
            particulars = ", ".join(f"{name} {'none' if value is None else value}" for name, value in known)
            out.say(f"fault in {result.name}: {plain(particulars)}")
    for name, count in proof.older.items():
        if count:
            out.say(f"{name}: {count:,} from before there were seals have none")
    if proof.totals:
        print_totals(proof, out)
    if replayed is not None:
        print_replay(replayed, out)
    is_clean = proof.is_clean and (replayed is None or replayed.is_clean)
    out.say("the books hold" if is_clean else "THE BOOKS DO NOT HOLD: stop paying out and look at the faults")


def _result_text(result: CheckResult) -> Text:
    count = len(result.faults)
    if count == 0:
        return cell("ok", "green")
    at_least = " or more" if count == MOST_FAULTS_SHOWN else ""
    return cell(f"{count}{at_least} fault{'s' if count > 1 else ''}", "bold red")


def print_totals(proof: LedgerProof, screen: Output) -> None:
    """What every book holds, over all accounts. It needs at least one total."""
    screen.show(_totals_table(proof))
    screen.say("`funding` mirrors what came in, so its minus is money received.")


def _totals_table(proof: LedgerProof) -> Table:
    shown = table("currency", "book", "total", right=["total"], title="All accounts together")
    last = proof.totals[0].currency
    for total in proof.totals:
        if total.currency != last:
            shown.add_section()
            last = total.currency
        add(shown, total.currency, total.book, money(total.minor, total.currency))
    return shown


def proof_json(proof: LedgerProof) -> dict[str, Any]:
    return {
        "ok": proof.is_clean,
        "checks": [
            {
                "name": result.name,
                "proves": result.proves,
                "ok": not result.faults,
                "faults": [_fault_json(fault) for fault in result.faults],
                "maybe_more": len(result.faults) == MOST_FAULTS_SHOWN,
            }
            for result in proof.results
        ],
        "totals": [
            {"currency": total.currency, "book": total.book, "amount": money(total.minor, total.currency)}
            for total in proof.totals
        ],
        "without_seal": proof.older,
    }


def _fault_json(fault: dict[str, Any]) -> dict[str, Any]:
    """Amounts in a fault are minor units, as the tables hold them."""
    return {name: json_value(name, value) for name, value in fault.items()}
