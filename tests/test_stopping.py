"""How the time of a stop is shared out, and that it has an end for what does not keep to its share."""

from __future__ import annotations

import asyncio
import faulthandler
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from outlay.process.stopping import BROKEN_OFF, HURRY_S, LOOP, LOOP_LEFT, Stop

PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def _this_process_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stop, "_end_at_last", lambda _stop: None)


def test_before_it_begins_all_of_the_time_is_left_and_then_less_and_less() -> None:
    stop = Stop(1000.0)
    assert (stop.left_s(), stop.left_s(0.5)) == (1000.0, 500.0)
    stop.begin()
    first = stop.left_s()
    assert 990.0 < first < 1000.0
    assert 0 <= stop.left_s(0.5) <= first - 500.0
    time.sleep(0.01)
    stop.begin()
    assert stop.left_s() < first, "it begins once"


def test_a_share_that_is_over_is_nothing_and_never_less() -> None:
    stop = Stop(60.0)
    stop.begin()
    assert stop.left_s(0.0) == 0.0


@pytest.fixture
def its_own_signal() -> Iterator[signal.Signals]:
    """One that nobody else listens to; what it has set going in this process is taken back."""
    number = signal.SIGUSR1
    before = signal.getsignal(number)
    yield number
    signal.signal(number, before)
    faulthandler.cancel_dump_traceback_later()


def test_a_second_signal_leaves_little_and_a_third_no_more_than_that(its_own_signal: signal.Signals) -> None:
    stop = Stop(1000.0)
    stop.listen([its_own_signal], may_hurry=True)
    signal.raise_signal(its_own_signal)
    assert stop.begun.is_set()
    assert stop.left_s() > 900.0
    signal.raise_signal(its_own_signal)
    second = stop.left_s()
    assert 0 < second <= HURRY_S
    time.sleep(0.01)
    signal.raise_signal(its_own_signal)
    assert stop.left_s() < second


def test_who_is_never_in_a_hurry_hears_a_second_signal_as_the_first(its_own_signal: signal.Signals) -> None:
    stop = Stop(1000.0)
    stop.listen([its_own_signal], may_hurry=False)
    signal.raise_signal(its_own_signal)
    signal.raise_signal(its_own_signal)
    assert stop.left_s() > 900.0


def test_what_is_waited_for_is_given_back_where_it_has_not_ended() -> None:
    async def try_it() -> None:
        stop = Stop(1000.0)
        stop.begin()
        quick, slow = asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(asyncio.sleep(3600))
        assert await stop.wait_for({quick}, 0.5) == set()
        assert await stop.wait_for({quick, slow}, 0.0) == {quick, slow} - {quick}
        slow.cancel()

    asyncio.run(try_it())


def test_a_signal_before_anything_has_started_ends_it_at_once_and_is_no_fault() -> None:
    async def try_it() -> None:
        stop = Stop(1000.0)
        asyncio.get_running_loop().call_later(0.01, stop.begin)
        async with asyncio.timeout(PATIENCE_S):
            await stop.run(asyncio.sleep(3600))
        assert stop.status == 0

    asyncio.run(try_it())


def test_work_that_ends_by_itself_within_its_share_is_no_fault() -> None:
    async def try_it() -> None:
        stop = Stop(1000.0)

        async def work() -> None:
            stop.has_started = True
            await stop.begun.wait()
            await asyncio.sleep(0.05)

        asyncio.get_running_loop().call_later(0.01, stop.begin)
        async with asyncio.timeout(PATIENCE_S):
            await stop.run(work())
        assert stop.status == 0

    asyncio.run(try_it())


@pytest.mark.slow
def test_work_that_does_not_even_hear_its_cancellation_is_left_behind_and_told() -> None:
    async def try_it() -> None:
        stop = Stop(3.0)
        given_up = False

        async def deaf() -> None:
            stop.has_started = True
            while not given_up:
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    continue

        began = time.monotonic()
        stop.begin()
        await stop.run(deaf())
        lasted_s = time.monotonic() - began
        given_up = True
        assert lasted_s >= LOOP * 3.0
        assert stop.left_s() > 0
        assert LOOP_LEFT < 1
        assert stop.status == BROKEN_OFF

    asyncio.run(try_it())


def test_what_fails_begins_the_stop_and_is_raised() -> None:
    async def fail() -> None:
        raise ValueError("no")

    async def try_it() -> None:
        stop = Stop(1000.0)
        with pytest.raises(ValueError, match="no"):
            await stop.run(fail())
        assert stop.begun.is_set()

    asyncio.run(try_it())


HANGS = """
import time
from outlay.process.stopping import Stop
stop = Stop(0.5)
stop.at_last(lambda: 1 / 0)
stop.at_last(lambda: print("killed", flush=True))
stop.begin()
time.sleep(3600)
"""


@pytest.mark.slow  # whole processes
def test_a_process_that_hangs_ends_when_the_time_is_over_and_kills_what_it_was_to_kill() -> None:
    command = [sys.executable, "-c", HANGS]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == BROKEN_OFF
    assert done.stdout.endswith("killed\n")


BLOCKS_ITS_LOOP = """
import asyncio, re, signal, socket, sys, time
import uvloop
from outlay.process.stopping import Stop

PAIR = socket.socketpair()
HOW = {
    "a sleep": lambda: time.sleep(3600),
    "a loop of Python's": lambda: exec("while True: pass"),
    "a call into the kernel": lambda: PAIR[0].recv(1),
    "code that lets no thread run": lambda: re.match("(a+)+$", "a" * 60 + "b"),
}

async def main():
    stop.has_started = True
    print("here it begins", flush=True)
    HOW[sys.argv[2]]()

stop = Stop(0.5)
stop.at_last(lambda: print("killed", flush=True))
stop.listen([signal.SIGTERM], may_hurry=True)
{"uvloop": uvloop, "asyncio": asyncio}[sys.argv[1]].run(stop.run(main()))
print("never printed")
"""
NO_THREAD_RUNS = "code that lets no thread run"


@pytest.mark.slow  # whole processes
@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
@pytest.mark.parametrize("how", ["a sleep", "a loop of Python's", "a call into the kernel", NO_THREAD_RUNS])
def test_a_process_whose_event_loop_is_blocked_ends_in_time_and_says_where_it_stood(loop: str, how: str) -> None:
    status, said, errors = end_of(BLOCKS_ITS_LOOP, loop, how)
    assert status == BROKEN_OFF
    if how == NO_THREAD_RUNS:
        assert "Timeout" in errors, "nobody is left to say it in a line of the log"
        assert " in main" in errors
    else:
        assert "the stop took too long" in said
        assert f"status={BROKEN_OFF}" in said
        assert " main" in said
        assert said.endswith("killed\n")


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_loop_that_sleeps_hears_a_signal_at_once(loop: str) -> None:
    program = BLOCKS_ITS_LOOP.replace("    HOW[sys.argv[2]]()", "    await stop.begun.wait()").replace("0.5", "1000")
    assert end_of(program.replace("never printed", "ended"), loop) == (0, "ended\n", "")


def end_of(program: str, *words: str) -> tuple[int, str, str]:
    """Its exit status after SIGTERM, and what it has said since."""
    command, piped = [sys.executable, "-c", program, *words], subprocess.PIPE
    with subprocess.Popen(command, stdout=piped, stderr=piped, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "here it begins\n"
            process.terminate()
            said, errors = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    return process.returncode, said, errors


HEARD_IN_A_CALLBACK = """
import asyncio, os, uvloop
from outlay.process.stopping import end_as_by_interrupt

class Hearing(asyncio.Protocol):
    def data_received(self, data):
        os.kill(os.getpid(), {number})
        for _ in range(1000):
            pass  # a handler of Python's runs between two steps

async def main():
    reading, writing = os.pipe()
    await asyncio.get_running_loop().connect_read_pipe(Hearing, os.fdopen(reading, "rb"))
    os.write(writing, b"one")
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0)
        print("tidied up")

end_as_by_interrupt()
try:
    uvloop.run(main())
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_a_callback_ends_what_runs_on_the_loop_and_breaks_nothing(
    number: signal.Signals,
) -> None:
    program = HEARD_IN_A_CALLBACK.replace("{number}", str(int(number)))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("tidied up\ninterrupted\n", "", 0)
