"""What the simulation is made of does what is said of it: time jumps, the rails know nothing of Outlay, every pair of a
fault and a phase is either met or has a reason, the judge sees each kind of harm, and a control changes the real code.
"""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import gc
import random
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from outlay.core.cases import Case, CaseKind
from outlay.core.destination import DestinationKind
from outlay.core.fees import Fee
from outlay.core.ledger import Posting
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.running.moments import Moment
from outlay.store.database import Unavailable
from outlay.workers import ask, payouts, pipeline, send, steps
from tests.simulate import bank, controls, line, weather
from tests.simulate.faults import FAULTS, IMPOSSIBLE, LEANINGS, PHASES, POSSIBLE, Tally
from tests.simulate.judge import Books, Truth, judge
from tests.simulate.postgres import PostgresStore
from tests.simulate.world import Store, World, in_memory, run_world
from tests.support.payees import payee
from tests.support.virtual_time import VirtualLoop

HERE = Path(__file__).parent
MANY_WORLDS = 60
"""More than it takes."""
ACCOUNT = UUID(int=1)
PAYOUT = Payout(
    account_id=ACCOUNT,
    payout_id=7,
    reference="order",
    currency="BRL",
    amount_minor=100,
    fee=Fee(3),
    beneficiary=payee(DestinationKind.PIX),
    rail="north",
    created_ms=1,
    state=State.PAID,
    completed_ms=2,
)
POSTINGS = [
    Posting("funding", "available", "BRL", 1_000),
    Posting("available", "held", "BRL", 103),
    Posting("held", "clearing:north", "BRL", 100),
    Posting("held", "fees", "BRL", 3),
]
BALANCES = {"funding": -1_000, "available": 897, "held": 0, "clearing:north": 100, "fees": 3}


def truth(payout: Payout = PAYOUT, *, paid: int = 1, due: bool = False, **balances: int) -> Truth:
    books = Books(
        payouts={payout.payout_id: payout},
        due=frozenset({payout.payout_id} if due else ()),
        postings=[(ACCOUNT, payout.payout_id, posting) for posting in POSTINGS],
        balances={ACCOUNT: {("BRL", book): minor for book, minor in (BALANCES | balances).items()}},
    )
    return Truth(books, frozenset(), {payout.payout_id: payout.reference}, {payout.payout_id: [100] * paid})


def harm(what: Truth) -> dict[str, int]:
    verdict = judge(what)
    names = ("double_paid", "failed_but_paid", "lost", "unbalanced")
    return {name: getattr(verdict, name) for name in names if getattr(verdict, name)}


def test_days_pass_in_no_time_and_in_order() -> None:
    loop, order = VirtualLoop(), []

    async def wait(days: int) -> None:
        await asyncio.sleep(days * 86_400)
        order.append((days, loop.time()))

    async def all_of_them() -> None:
        await asyncio.gather(*(wait(days) for days in (9, 2, 30)))

    began = time.monotonic()
    loop.run_until_complete(all_of_them())
    loop.close()
    assert time.monotonic() - began < 5
    assert [days for days, _ in order] == [2, 9, 30]
    assert all(abs(at_s - days * 86_400) < 1 for days, at_s in order)


def test_time_stands_still_while_a_real_call_is_on_its_way() -> None:
    loop = VirtualLoop()

    async def call() -> float:
        timer = asyncio.ensure_future(asyncio.sleep(3_600))
        await loop.really(loop.run_in_executor(None, time.sleep, 0.05))
        assert not timer.done()
        timer.cancel()
        return loop.time()

    assert loop.run_until_complete(call()) == 0
    loop.run_until_complete(loop.really(loop.shutdown_default_executor()))
    loop.close()


def imported_by(name: str) -> set[str]:
    """Every module that `tests.simulate.<name>` reaches, with those of this folder that it reaches them through."""
    found, open_names = set[str](), [name]
    while open_names:
        tree = ast.parse((HERE / f"{open_names.pop()}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for module in names:
                own = module.removeprefix("tests.simulate.").split(".")[0]
                if module not in found and module.startswith("tests.simulate.") and (HERE / f"{own}.py").exists():
                    open_names.append(own)
                found.add(module)
    return found


@pytest.mark.parametrize("module", [bank, line, weather])
def test_rails_and_the_world_know_nothing_of_outlay(module: object) -> None:
    name = getattr(module, "__name__", "").rpartition(".")[2]
    assert not {each for each in imported_by(name) if each.split(".")[0] == "outlay"}
    assert {"outlay.core.payout"} <= imported_by("judge")  # the search does find it where it is


def test_every_pair_of_a_fault_and_a_phase_can_meet_or_has_a_reason() -> None:
    assert set(POSSIBLE) | IMPOSSIBLE.keys() == {(fault, phase) for fault in FAULTS for phase in PHASES}
    assert not set(POSSIBLE) & IMPOSSIBLE.keys()
    assert all(IMPOSSIBLE.values())
    assert LEANINGS.keys() <= set(POSSIBLE)


def test_a_pair_that_cannot_meet_is_an_error_and_one_that_did_not_is_named() -> None:
    tally = Tally()
    tally.met("pause", "taken")
    with pytest.raises(AssertionError, match="nothing of the payout has reached a rail"):
        tally.met("hang", "taken")
    assert "pause/taken" not in tally.never_met()
    assert "hang/sent" in tally.never_met()


def test_sound_books_and_a_payment_that_was_made_once_are_no_harm() -> None:
    assert harm(truth()) == {}


def test_the_judge_sees_each_kind_of_harm() -> None:
    failed = replace(PAYOUT, state=State.FAILED)
    back: dict[str, Any] = {"held": 0, "available": 1_000, "clearing:north": 0, "fees": 0}
    case = Case(number=1, kind=CaseKind.PAID_AFTER_FAILED, attempt_number=1, what="paid", since_ms=1, fact_number=1)
    assert harm(truth(paid=2)) == {"double_paid": 1}
    assert harm(truth(paid=0)) == {"lost": 1}
    assert harm(truth(failed, **back))["failed_but_paid"] == 1
    assert "failed_but_paid" not in harm(truth(replace(failed, cases=(case,)), **back))
    assert harm(truth(replace(PAYOUT, state=State.PROCESSING)))["lost"] == 1
    assert "lost" not in harm(truth(replace(PAYOUT, state=State.PROCESSING), due=True))
    twin = replace(PAYOUT, payout_id=8)
    twice = truth()
    twice = dataclasses.replace(
        twice, books=dataclasses.replace(twice.books, payouts={7: PAYOUT, 8: twin}), payments={7: [100], 8: [100]}
    )
    assert harm(twice)["double_paid"] == 1
    assert harm(truth(available=898))["unbalanced"] > 0
    assert harm(truth(replace(PAYOUT, fee=Fee(4))))["unbalanced"] > 0


@pytest.mark.parametrize("control", controls.CONTROLS, ids=lambda control: control.name)
def test_a_control_changes_the_real_code_only_for_its_run(control: controls.Control) -> None:
    before = [place.__dict__[name] for place, name, _ in control.places]
    with controls.without(control.name):
        assert all(
            place.__dict__[name] is not was for (place, name, _), was in zip(control.places, before, strict=True)
        )
    assert [place.__dict__[name] for place, name, _ in control.places] == before


def test_each_weather_is_its_own_and_keeps_one_promise_at_least_and_the_clock_steps_in_all() -> None:
    drawn = [weather.weather_of(random.Random(seed)) for seed in range(50)]
    assert len({repr(each) for each in drawn}) == len(drawn)
    assert {each.sees_duplicates_late for each in drawn} == {True, False}
    assert not any(each.sees_duplicates_late and each.stop_at_the_door for each in drawn)
    assert all(each.clock_steps for each in drawn)


@pytest.mark.slow
def test_processes_stand_still_and_die_at_every_moment_of_the_work() -> None:
    """Also where nothing is awaited."""
    met: set[tuple[str, Moment]] = set()

    def noted(world: World) -> Store:
        note = world.note

        def also(*what: object) -> None:
            if what[0] in ("stop at", "crash at"):
                met.add((str(what[0]), Moment(str(what[1]))))
            note(*what)

        world.note = also  # type: ignore[method-assign]
        world.weather.stop_at_a_moment = world.weather.crash_at_a_moment = 0.03
        return in_memory(world)

    moments = frozenset().union(*(module.MOMENTS for module in (pipeline, payouts, send, ask, steps)))
    wanted = {(how, moment) for how in ("stop at", "crash at") for moment in moments}
    for seed in range(MANY_WORLDS):
        if wanted <= met:
            break
        assert run_world(seed, 60, make_store=noted).complaints == []
    assert wanted - met == set()


def test_what_goes_on_after_a_pause_between_two_lines_sees_the_time_after_it() -> None:
    loop = VirtualLoop()
    world = World(1, 1, loop)
    life = world.processes[0].life
    world.weather.stop_at_a_moment, world.weather.crash_at_a_moment = 1.0, 0.0
    steady_ms, real_ms = life.steady_ms(), life.real_ms()
    life.reached(Moment.BEGUN, 1)
    passed_ms = life.steady_ms() - steady_ms
    assert passed_ms > 0
    assert (life.real_ms() - real_ms, world.loop.time()) == (passed_ms, 0.0)
    loop.close()


def test_a_real_call_that_fails_when_who_asked_has_died_is_no_complaint() -> None:
    loop, told = VirtualLoop(), list[Any]()
    loop.set_exception_handler(lambda _loop, context: told.append(context))
    store = PostgresStore(World(1, 1, loop), "no database", "one")
    goes_on = asyncio.Event()

    async def fails() -> None:
        await goes_on.wait()
        raise Unavailable("planted")

    async def asks_and_dies() -> None:
        asking = loop.create_task(store._really(fails()))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        goes_on.set()
        for _ in range(3):
            await asyncio.sleep(0)

    loop.run_until_complete(asks_and_dies())
    gc.collect()
    loop.close()
    assert told == []
