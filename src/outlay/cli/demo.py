"""`outlay demo`: all of Outlay in a minute, on an empty machine.

Starts a real server on a temporary data folder, makes a merchant for each API, funds it, orders payouts over HTTP with
real signatures, shows what becomes of them, asks each API about two of them, and ends with the proof of the books.
While it keeps serving each question is a line to paste; with `--once` no line that would be dead is printed.
Nothing here knows an API: what to send comes from each dialect's samples.

The traps: standard output belongs to the one JSON document under `--json`, so everything for people goes through the
output that is passed around. And the server is a process of its own: whatever ends the demonstration must end it too,
also where a shell's `&` has made it deaf to Ctrl-C.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from outlay.cli.client import RoundTrip, ServerProcess, as_curl, call
from outlay.cli.common import CommandFailed, JsonOption, with_runtime
from outlay.cli.ledger import print_totals
from outlay.cli.output import Output, add, cell, err, out, print_json, table
from outlay.cli.timeline import state_text
from outlay.core.fees import FeePlan
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.proof import LedgerProof
from outlay.core.refusal import Refusal
from outlay.core.unreadable import whole
from outlay.dialects import all_dialects
from outlay.present.ledger import proof_document
from outlay.present.payouts import fee_charged
from outlay.present.values import money
from outlay.process.clock import clock_ms
from outlay.process.run import bank_of
from outlay.process.settings import Settings, unknown_variables, without_database_url
from outlay.process.stopping import end_as_by_interrupt
from outlay.sandbox.stories import Deed, story_of
from outlay.service.operator.accounts import open_account, set_fee
from outlay.service.operator.credentials import issue_credential
from outlay.service.operator.fund_account import fund_account
from outlay.service.operator.ledger import verify_ledger
from outlay.service.operator.payouts import find_payouts, list_payouts
from outlay.service.runtime import Runtime
from outlay.wire.dialect import AnyDialect
from outlay.wire.message import Request
from outlay.wire.samples import SampleMoment, SampleOrder, Session

DELAY_MS: Final = 1500
FEE: Final = FeePlan(fixed_minor=500, rate_ppm=50_000)
FUNDS_MINOR: Final = 10_000_00
PATIENCE_S: Final = 60.0
REDRAW_S: Final = 0.2
RETURNED_BY_HAND: Final = "1000.00"
HALF_MINOR: Final = 500_00

# Short enough for a terminal of 80 columns; the state beside it tells how it ended.
STORIES: Final[Mapping[str, str]] = {
    RETURNED_BY_HAND: "sent back by hand",
    "20.71": "no such account",
    "20.73": "a late failure",
    "20.82": "back in two parts",
    "20.83": "half comes back",
}


class Stage(msgspec.Struct, frozen=True):
    """Where it plays; `stays` where the server outlives what is printed."""

    server: ServerProcess
    screen: Output
    stays: bool


class Merchant(msgspec.Struct):
    """One merchant, its credential, and what it ordered."""

    dialect: AnyDialect
    account_id: Any
    session: Session
    orders: list[Ordered]


class Ordered(msgspec.Struct):
    """An order as it was sent, the answer's body, and its line in the table."""

    number: int
    order: SampleOrder
    story: str
    created: bytes
    payout: Payout


def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop when everything is settled.")] = False,
    as_json: JsonOption = False,
    port: Annotated[int, typer.Option(help="Port of the demonstration; 0 takes a free one.")] = 0,
) -> None:
    """Start everything on a temporary data folder, pay through every API, and show what became of it."""
    screen = err if as_json else out
    end_as_by_interrupt()
    with _temporary_folder() as folder, ServerProcess(folder, port, _environment()) as server:
        url = cell(server.base_url, "bold")
        screen.say("Outlay serves on ", url, f" with a PostgreSQL of its own in {folder}")
        stage = Stage(server, screen, stays=not once)
        document = with_runtime(folder, lambda runtime, settings: _rehearse(runtime, settings, stage))
        if as_json:
            print_json(document)
        if stage.stays and not screen.reader_has_gone:
            with suppress(KeyboardInterrupt):
                screen.say(
                    "\nStill serving: every curl line above can be pasted into another terminal. Ctrl-C stops it."
                )
                server.wait()


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="outlay-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment() -> dict[str, str]:
    """The server's: always the embedded database, and a bank that does not keep anybody waiting."""
    kept = without_database_url(os.environ)
    for name in os.environ.keys() - kept.keys():
        del os.environ[name]
    for name in unknown_variables(kept):  # which this process tells of
        del kept[name]
    return kept | {"OUTLAY_SANDBOX_DELAY_MS": str(DELAY_MS), "OUTLAY_LOG": "quiet"}


async def _rehearse(runtime: Runtime, settings: Settings, stage: Stage) -> dict[str, Any]:
    server, say = stage.server, stage.screen.say
    merchants = [await _make_merchant(runtime, server, dialect) for dialect in all_dialects().values()]
    say(f"{len(merchants)} merchants made and funded, one for each API. Ordering payouts over HTTP:\n")
    for merchant in merchants:
        await _order_all(runtime, merchant, server, first_number=1 + sum(len(m.orders) for m in merchants))
    await _watch(runtime, settings, merchants, stage.screen)
    say("\nA failed payout costs nothing: its fee came back with its amount.")
    say("A return brings back the amount alone; the fee of a paid payout stays charged.")
    say("\nWhat each API answers about its first payout, numbered as in the table:")
    queries = {m.dialect.name: await _query(m, m.orders[0], stage) for m in merchants}
    say(f"\nAnd about the payout of {RETURNED_BY_HAND} that came back in two halves:")
    returned = {m.dialect.name: await _query(m, _returned(m), stage) for m in merchants}
    return {
        "base_url": server.base_url,
        "accounts": {m.dialect.name: {"account_id": str(m.account_id)} for m in merchants},
        "credentials": {m.dialect.name: dict(m.session.shown) for m in merchants},
        "payouts": [_summary(m, ordered) for m in merchants for ordered in m.orders],
        "queries": queries,
        "returned_queries": returned,
        "books": proof_document(await _prove(runtime, stage.screen)),
    }


async def _make_merchant(runtime: Runtime, server: ServerProcess, dialect: AnyDialect) -> Merchant:
    samples = dialect.samples
    account = await open_account(runtime, name=f"Demo merchant {samples.country}", country=samples.country)
    if isinstance(account, Refusal):
        raise CommandFailed(f"no account: {account.name}")
    await set_fee(runtime, account.account_id, samples.currency, FEE)
    await fund_account(runtime, account.account_id, samples.currency, FUNDS_MINOR, "demo funds")
    issued = await issue_credential(runtime, dialect, account.account_id)
    if isinstance(issued, Refusal):
        raise CommandFailed(f"no credential: {issued.name}")
    opening = samples.opening(issued.shown)
    opened = (await _call(server.base_url, opening)).body if opening else b""
    return Merchant(dialect, account.account_id, Session(issued.shown, opened), [])


async def _order_all(runtime: Runtime, merchant: Merchant, server: ServerProcess, first_number: int) -> None:
    samples = merchant.dialect.samples
    stories = {samples.amount: "the API's example", **STORIES}
    for number, (amount, story) in enumerate(stories.items(), first_number):
        order = SampleOrder(f"DEMO-{secrets.token_hex(4)}", samples.currency, amount)
        request = samples.create(merchant.session, order, _moment())
        exchange = await _call(server.base_url, request)
        if exchange.status != 200:
            raise CommandFailed(f"{merchant.dialect.name} refused {amount}: {exchange.body.decode()}")
        found = await list_payouts(runtime, account_id=merchant.account_id, state=None, limit=1)
        (newest,) = whole(() if isinstance(found, Refusal) else found)
        merchant.orders.append(Ordered(number, order, story, exchange.body, newest))


async def _watch(runtime: Runtime, settings: Settings, merchants: Sequence[Merchant], screen: Output) -> None:
    """Show the payouts until every story has been told to its end."""
    deadline = runtime.now_ms() + PATIENCE_S * 1000
    with screen.live() as draw:
        while True:
            for merchant in merchants:
                for ordered in merchant.orders:
                    await _look(runtime, settings, merchant, ordered)
            draw(_table(merchants))
            if all(_is_settled(ordered) for merchant in merchants for ordered in merchant.orders):
                return
            if runtime.now_ms() > deadline:
                raise CommandFailed(f"not everything was settled within {PATIENCE_S:.0f} s")
            await asyncio.sleep(REDRAW_S)


async def _look(runtime: Runtime, settings: Settings, merchant: Merchant, ordered: Ordered) -> None:
    number = ordered.payout.payout_id
    found = await find_payouts(runtime, payout_id=number, reference=None, account_id=merchant.account_id)
    if not found:
        raise CommandFailed(f"payout {number} was accepted but cannot be found")
    payout = ordered.payout = found[0]
    if _by_hand(ordered) and payout.state is State.PAID and payout.returned_minor < payout.amount_minor:
        await (await bank_of(settings, runtime, payout)).give_back(payout, HALF_MINOR, None)


def _by_hand(ordered: Ordered) -> bool:
    return ordered.order.amount == RETURNED_BY_HAND


def _is_settled(ordered: Ordered) -> bool:
    payout = ordered.payout
    if payout.completed_ms is None:
        return False
    if _by_hand(ordered):
        return payout.returned_minor == payout.amount_minor
    later = story_of(payout.currency, payout.amount_minor).later
    returns = [step.message for step in later if step.message.deed is Deed.RETURN]
    return payout.returned_minor == sum(message.amount_minor for message in returns)


def _table(merchants: Sequence[Merchant]) -> Table:
    headings = ("#", "API", "rehearses", "amount", "fee", "state")
    shown = table(*headings, right=("#", "amount", "fee"), title="What becomes of the payouts")
    for merchant in merchants:
        for ordered in merchant.orders:
            add(shown, ordered.number, merchant.dialect.name, ordered.story, *_cells(ordered.payout))
        shown.add_section()
    return shown


def _cells(payout: Payout) -> tuple[str, str, Text]:
    amount = f"{money(payout.amount_minor, payout.currency)} {payout.currency}"
    return amount, fee_charged(payout), state_text(payout)


def _returned(merchant: Merchant) -> Ordered:
    return next(ordered for ordered in merchant.orders if _by_hand(ordered))


async def _query(merchant: Merchant, ordered: Ordered, stage: Stage) -> dict[str, Any]:
    """The query of one payout: asked once here, and printed as a line that works when it is pasted."""
    samples, screen, base_url = merchant.dialect.samples, stage.screen, stage.server.base_url
    asked = samples.query(merchant.session, ordered.order, ordered.created, _moment())
    exchange = await _call(base_url, asked)
    # A nonce is good for one call only, so the pasted line has its own.
    pasted = samples.query(merchant.session, ordered.order, ordered.created, _moment())
    curl = as_curl(base_url, pasted, samples.live_headers) if stage.stays else None
    amount, _, state = _cells(ordered.payout)
    number = cell(f"No. {ordered.number}", "bold")
    screen.say("\n", number, f", {merchant.dialect.name}, {amount}, ", state, ":")
    screen.say(cell(curl or _as_line(asked), "cyan"))
    screen.show_json(exchange.json())
    return {"request": _request_document(exchange, curl), "response": exchange.json()}


async def _call(base_url: str, request: Request) -> RoundTrip:
    try:
        return await asyncio.to_thread(call, base_url, request)
    except (OSError, HTTPException) as error:
        raise CommandFailed(f"the server of this demonstration does not answer: {error}") from error


def _as_line(request: Request) -> str:
    """For the eye: what was asked, without what only proves who asks."""
    return f"{request.method} {request.path} {request.body.decode()}".rstrip()


def _request_document(exchange: RoundTrip, curl: str | None) -> dict[str, Any]:
    request = exchange.request
    return {
        "method": request.method,
        "url": exchange.url,
        "headers": dict(request.headers),
        "body": request.body.decode() or None,
        "curl": curl,
    }


async def _prove(runtime: Runtime, screen: Output) -> LedgerProof:
    proof = await verify_ledger(runtime, lambda _result: None)
    if not proof.is_clean:
        raise CommandFailed(f"the books do not hold: {msgspec.to_builtins(proof_document(proof).checks)}")
    screen.say("\nAnd the books, as `outlay ledger verify` proves them:\n")
    print_totals(proof, screen)
    screen.say(f"{len(proof.results)} checks, no fault: the books hold")
    return proof


def _summary(merchant: Merchant, ordered: Ordered) -> dict[str, Any]:
    payout, currency = ordered.payout, ordered.payout.currency
    return {
        "number": ordered.number,
        "api": merchant.dialect.name,
        "payout_id": str(payout.payout_id),
        "reference": payout.reference,
        "currency": currency,
        "amount": money(payout.amount_minor, currency),
        "fee": fee_charged(payout),
        "state": payout.state.value,
        "returned": money(payout.returned_minor, currency),
    }


def _moment() -> SampleMoment:
    return SampleMoment(clock_ms(), secrets.token_bytes(16))
