"""Proved in another process is proved all the same: nothing that comes back differs. Whatever becomes of that process,
whoever asked hears of it, and the next one is served.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop
from msgspec.structs import replace

from outlay.api.apart import PIECE, KnownDigest, job_for, outcome_of, pieces_of
from outlay.api.helper import Helper, HelperLost, StepFailed
from outlay.api.proving import LARGE_BYTES, LARGE_COMMAS, Proved, is_large, prove
from outlay.core.account import DEFAULT_TERMS
from outlay.core.asks import (
    UNCLAIMED,
    Balance,
    ChangeBankAccount,
    OrderBatch,
    OrderPayout,
    ReadBalances,
    Unclaimed,
    Unfit,
)
from outlay.core.bank_account import OwnBankAccount
from outlay.core.decision import Decision
from outlay.core.life import order
from outlay.core.payout import Order, Payout
from outlay.process.run import APART_MODULE
from outlay.wire.dialect import Asked
from outlay.wire.problems import Fault
from tests.api.apart_calls import (
    BATCH_PATH,
    NOW,
    Case,
    Merchant,
    batch_of,
    every_api,
    lesspay_request,
    of_lesspay,
    of_uqpay,
)
from tests.support.asks import DETAILS

pytestmark = pytest.mark.slow

PRESENT = OwnBankAccount(bank_account_id=7, currency="BRL", is_valid=True, details=DETAILS, created_ms=1, updated_ms=1)
COMMAND = (sys.executable, "-P", "-m", APART_MODULE, "/no/such/folder")
PATIENCE_S = 30.0
FAR_END = """
import sys
from outlay.api import apart
from outlay.dialects import all_dialects
apart.JOB_SECONDS = 1
def prove(*_):
    {step}
apart.prove = prove
apart.work(all_dialects().values(), sys.stdin.buffer, sys.stdout.buffer)
"""


@asynccontextmanager
async def helper(command: Sequence[str] = COMMAND, patience_s: float = PATIENCE_S) -> AsyncIterator[Helper]:
    made = Helper(command, patience_s)
    try:
        yield made
    finally:
        await made.end()


def far_end_that(step: str) -> Sequence[str]:
    return (sys.executable, "-c", FAR_END.format(step=step))


async def apart(helper: Helper, case: Case) -> Proved | Fault:
    return await helper.prove(job_for(case.dialect, case.route, case.call, case.credential, NOW), case.request.body)


def here(case: Case) -> Proved | Fault:
    return prove(case.route, case.call, case.credential, NOW)


def batch_in(proved: Proved | Fault) -> OrderBatch:
    assert isinstance(proved, Proved)
    assert isinstance(proved.asked, Asked)
    assert isinstance(proved.asked.ask, OrderBatch)
    return proved.asked.ask


def a_batch(many: int = 2) -> Case:
    merchant = Merchant("lesspay")
    return merchant.case("a batch", lesspay_request(merchant, BATCH_PATH, batch_of(many)))


# -- the same as here -------------------------------------------------------------------------------------------------


def told(proved: Proved | Fault) -> Any:
    """All that it says, with what is yet to be computed computed."""
    if isinstance(proved, Fault) or isinstance(proved.asked, Fault):
        return proved
    ask, older, changed = proved.asked.ask, None, None
    if (claim := getattr(ask, "claim", None)) is not None:
        older = claim.older_digest and claim.older_digest()
        ask = replace(ask, claim=replace(claim, older_digest=None))
    if isinstance(ask, ChangeBankAccount) and ask.change is not None:
        changed = ask.change(PRESENT)
        ask = replace(ask, change=print)
    return replace(proved, asked=Asked(ask, proved.asked.echo)), older, changed


def answers_to(case: Case, ask: object) -> list[Any]:
    """Of those that this ask can have, the ones that repeat something of the request."""
    match ask:
        case OrderPayout(order=Order() as what):
            decision = order(what, case.credential.account, DEFAULT_TERMS, 2**62, NOW.here_ms)
            assert isinstance(decision, Decision)
            return [decision.payout]
        case OrderPayout(order=None) | OrderBatch(orders=None) | ChangeBankAccount(change=None):
            return [UNCLAIMED]
        case ChangeBankAccount(change=change) if change is not None and change(PRESENT) is None:
            return [Unfit(PRESENT)]
        case ReadBalances():
            return [(Balance("PHP", 100, 5),)]
        case _:
            return []


async def test_what_is_proved_apart_is_what_is_proved_here() -> None:
    cases = [*every_api(), *of_lesspay(), *of_uqpay()]
    kinds: set[type] = set()
    answered: set[type] = set()
    async with helper() as far:
        for case in cases:
            near, distant = here(case), await apart(far, case)
            kinds.add(type(near))
            assert told(near) == told(distant), case.name
            if isinstance(near, Proved) and isinstance(near.asked, Asked):
                assert isinstance(distant, Proved)
                assert isinstance(distant.asked, Asked)
                kinds.add(type(near.asked.ask))
                for answer in answers_to(case, near.asked.ask):
                    written = [
                        case.route.write(answer, asked.echo, case.context) for asked in (near.asked, distant.asked)
                    ]
                    assert written[0] == written[1], case.name
                    answered.add(type(answer))
    assert {Proved, Fault, OrderBatch, OrderPayout, ChangeBankAccount, ReadBalances} <= kinds, (
        "the control: there are all kinds"
    )
    assert answered == {Payout, Unclaimed, Unfit, tuple}, "and all kinds of answers"


async def test_no_body_comes_back() -> None:
    case = a_batch(300)
    async with helper() as far:
        proved = await apart(far, case)
    assert isinstance(proved, Proved)
    assert b"key=" not in pickle.dumps(proved), "not the text that was signed"
    ask = batch_in(proved)
    assert isinstance(ask.claim.older_digest, KnownDigest), "not what it would be computed from"


@pytest.mark.parametrize("name", ["lesspay", "teemopay"])
def test_a_request_that_was_proved_keeps_nothing_of_its_body_but_what_it_asks(name: str) -> None:
    """While it waits for the database, neither its fields nor the text that was signed are of use."""
    merchant = Merchant(name)
    sent = merchant.create(merchant.dialect.samples.amount)
    extra = json.loads(sent.body) | {"surplus": "of no use"}
    case = merchant.case("an order", lesspay_request(merchant, sent.path, extra) if name == "lesspay" else sent)
    proved = here(case)
    assert isinstance(proved, Proved)
    left = pickle.dumps(proved)
    assert b"APART-1" in left, "the control: what it asks is seen there"
    for text in ("of no use", "key=", "nonce=", extra.get("sign", "of no use")):
        assert text.encode() not in left


def test_a_large_ask_comes_in_small_pieces() -> None:
    proved = here(a_batch(950))
    assert isinstance(proved, Proved)
    first, *pieces = pieces_of(proved)
    assert first.asked.ask.orders == ()
    assert [len(piece) for piece in pieces] == [PIECE] * 9 + [50]
    assert outcome_of([first, *pieces]) == proved


@pytest.mark.parametrize("body", [b"x" * (LARGE_BYTES + 1), b"," * (LARGE_COMMAS + 1)])
def test_large_is_what_has_many_bytes_or_many_values(body: bytes) -> None:
    assert is_large(body)
    assert not is_large(body[1:])


# -- what it knows ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loops", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_the_process_has_no_socket_no_file_no_setting_and_no_secret_in_its_command(
    loops: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OUTLAY_SECRET_KEY", "5a" * 32)
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@h/d")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    case = a_batch()

    async def seen() -> tuple[set[int], bytes]:
        async with helper() as far:
            await apart(far, case)
            process = Path(f"/proc/{far.pid}")
            opened = {int(entry.name) for entry in (process / "fd").iterdir()}
            return opened, (process / "environ").read_bytes() + (process / "cmdline").read_bytes()

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        (tmp_path / "lock").open("w") as lock,
        asyncio.Runner(loop_factory=loops) as runner,
    ):
        os.set_inheritable(listener.fileno(), True)
        os.set_inheritable(lock.fileno(), True)
        opened, said = runner.run(seen())
    assert opened == {0, 1, 2}
    assert b"PYTHONHASHSEED" in said, "the control: it can be read"
    for secret in (b"5a5a5a", b"hidden", b"OUTLAY_", *(s.reveal().encode() for s in case.credential.secrets.values())):
        assert secret not in said


async def test_the_process_lets_others_go_first() -> None:
    async with helper() as far:
        await apart(far, a_batch())
        assert far.pid is not None
        assert os.getpriority(os.PRIO_PROCESS, far.pid) >= os.getpriority(os.PRIO_PROCESS, 0) + 10


def test_a_job_does_not_show_its_secrets() -> None:
    case = a_batch()
    job = job_for(case.dialect, case.route, case.call, case.credential, NOW)
    (secret,) = job.secrets.values()
    assert secret not in repr(job)
    assert secret not in repr(case.credential)


# -- what becomes of it -----------------------------------------------------------------------------------------------


async def test_one_process_serves_one_job_after_the_other_whatever_is_asked_of_it_to_stop() -> None:
    async with helper() as far:
        await apart(far, a_batch())
        first = far.pid
        assert first is not None
        for number in (signal.SIGINT, signal.SIGTERM):  # a terminal or a service manager asks the whole group
            os.kill(first, number)
        assert isinstance(await apart(far, a_batch()), Proved)
        assert far.pid == first


async def test_a_process_that_died_is_replaced() -> None:
    async with helper() as far:
        await apart(far, a_batch())
        first = far.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert far._process is not None
        await far._process.wait()
        assert isinstance(await apart(far, a_batch()), Proved)
        assert far.pid != first


async def test_a_process_whose_pipe_tells_of_its_death_first_is_replaced() -> None:
    """uvloop answers a write into it with a RuntimeError, which is nobody's lost connection."""
    async with helper() as far:
        await apart(far, a_batch())
        first = far._process
        assert first is not None
        assert first.stdin is not None
        first.stdin.close()
        assert isinstance(await apart(far, a_batch()), Proved)
        assert far.pid != first.pid
        assert first.returncode is not None


async def test_a_process_that_is_killed_in_the_middle_is_lost_and_the_next_job_is_served() -> None:
    async with helper() as far:
        await apart(far, a_batch())
        first = far.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        asking = asyncio.create_task(apart(far, a_batch(1000)))
        await asyncio.sleep(0)  # it is on its way
        os.kill(first, signal.SIGKILL)
        with pytest.raises(HelperLost):
            await asking
        assert isinstance(await apart(far, a_batch()), Proved)


async def test_a_process_that_stands_still_is_given_up_and_ended() -> None:
    async with helper(patience_s=1.0) as far:
        for _ in range(20):  # the start may take longer on a busy machine
            try:
                await apart(far, a_batch())
                break
            except HelperLost:
                continue
        first = far.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        async with asyncio.timeout(PATIENCE_S / 2):
            with pytest.raises(HelperLost):
                await apart(far, a_batch())
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


async def test_a_step_that_never_ends_ends_its_process_by_itself() -> None:
    async with helper(far_end_that("while True: pass")) as far:
        with pytest.raises(HelperLost, match="IncompleteReadError"):
            await apart(far, a_batch())


async def test_a_step_that_fails_is_told_and_costs_no_process() -> None:
    async with helper(far_end_that("raise ValueError('ours')")) as far:
        with pytest.raises(StepFailed, match="ValueError: ours"):
            await apart(far, a_batch())
        first = far.pid
        with pytest.raises(StepFailed):
            await apart(far, a_batch())
        assert far.pid == first is not None


async def test_a_job_that_is_broken_off_leaves_nothing_for_the_next_one() -> None:
    async with helper() as far:
        await apart(far, a_batch())
        asking = asyncio.create_task(apart(far, a_batch(1000)))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        proved = await apart(far, a_batch(3))
        orders = batch_in(proved).orders
        assert orders is not None
        assert len(orders) == 3


async def test_the_process_ends_when_its_standard_input_does() -> None:
    process = await asyncio.create_subprocess_exec(*COMMAND, stdin=asyncio.subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"\0\0\0")  # in the middle of something
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0


async def test_what_a_largest_body_needed_is_given_back() -> None:
    async with helper() as far:
        case = a_batch()
        await apart(far, case)
        calm_mib = memory_mib(far.pid)
        values = b'{"values":[' + b",".join([b'"0"'] * 45_000)
        body = values + b'],"text":"' + b"x" * (16_000_000 - len(values)) + b'"}'
        unsigned = replace(case, request=replace(case.request, body=body))
        for _ in range(3):
            assert isinstance(await apart(far, unsigned), Fault)
        await apart(far, case)
        assert memory_mib(far.pid) < calm_mib + 10


def memory_mib(pid: int | None) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) // 1024
