"""`outlay ledger verify`: prove the books, and fail where they do not hold.

What is proved is told by service.operator.ledger; this shows it. Exit status 1 with any fault, so that a monitor can
run it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.common import DataOption, JsonOption, with_looks_at_seals
from outlay.cli.output import Output, add, cell, err, out, print_json, table
from outlay.cli.replay_views import print_replay
from outlay.core.proof import MOST_FAULTS_SHOWN, CheckResult, LedgerProof, ReplayResult
from outlay.kit.characters import plain
from outlay.present.ledger import fault_particulars, proof_document, replayed_proof_document
from outlay.present.values import money
from outlay.service.operator.ledger import STEPS, verify_ledger
from outlay.service.operator.replay_ledger import TELL_EVERY, count_to_replay, replay_ledger
from outlay.service.runtime import Looking, LookingAtSeals

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

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

    async def work(looks: LookingAtSeals) -> tuple[LedgerProof, ReplayResult | None]:
        with err.progress("verifying", STEPS) as tell:
            proof = await verify_ledger(looks, lambda result: tell(result.name))
        return proof, await _replayed(looks) if replay else None

    proof, replayed = with_looks_at_seals(data, work)
    is_clean = proof.is_clean and (replayed is None or replayed.is_clean)
    if as_json:
        print_json(proof_document(proof) if replayed is None else replayed_proof_document(proof, replayed))
    else:
        _print_proof(proof, replayed)
    if not is_clean:
        raise typer.Exit(1)


async def _replayed(looks: Looking) -> ReplayResult:
    steps = -(-await count_to_replay(looks) // TELL_EVERY)
    with err.progress("replaying", steps) as tell:
        return await replay_ledger(looks, lambda done: tell(f"{done:,} payouts replayed"))


def _print_proof(proof: LedgerProof, replayed: ReplayResult | None) -> None:
    checks = table("check", "proves that", "result")
    for result in proof.results:
        add(checks, result.name, result.proves, _result_text(result))
    out.show(checks)
    for result in proof.results:
        for fault in result.faults:
            known = fault_particulars(fault).items()
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
