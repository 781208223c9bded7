"""How the time of a stop is shared out, and that it has an end for what does not keep to its share."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time

import pytest

from outlay.stopping import BROKEN_OFF, HURRY_S, LOOP, LOOP_LEFT, Stop

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


def test_a_second_signal_leaves_little_and_a_third_no_more_than_that() -> None:
    stop = Stop(1000.0)
    stop.begin_or_hurry()
    assert stop.left_s() > 900.0
    stop.begin_or_hurry()
    second = stop.left_s()
    assert 0 < second <= HURRY_S
    time.sleep(0.01)
    stop.begin_or_hurry()
    assert stop.left_s() < second


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
from outlay.stopping import Stop
stop = Stop(0.5)
stop.at_last(lambda: 1 / 0)
stop.at_last(lambda: print("killed", flush=True))
stop.begin()
time.sleep(3600)
"""


def test_a_process_that_hangs_ends_when_the_time_is_over_and_kills_what_it_was_to_kill() -> None:
    command = [sys.executable, "-c", HANGS]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == BROKEN_OFF
    assert done.stdout.endswith("killed\n")


HEARD_IN_A_CALLBACK = """
import asyncio, os, uvloop
from outlay.stopping import end_as_by_interrupt

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
