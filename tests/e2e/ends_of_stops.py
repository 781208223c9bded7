"""When a stop must have come to its end, whatever hangs."""

from __future__ import annotations

import json
import time
from contextlib import suppress

from tests.e2e.orders import Sent
from tests.e2e.server import Server, wait_until

STOP_S = 4.0

AT_LATEST_S = STOP_S + 4.0
"""A busy machine gets a moment more than the server has."""

SOON_S = 30.0


def send(sent: Sent) -> None:
    """What is broken off may be told so in any form; whether it was ordered shows later."""
    with suppress(json.JSONDecodeError):
        sent.client.send(sent)


def broken_off(server: Server) -> set[str]:
    lines = [json.loads(line) for line in server.said().splitlines() if line.startswith("{")]
    return {line["what"] for line in lines if line["event"] == "broken off by the stop"}


def stop_within(server: Server, most_s: float) -> int:
    """Its exit status; all of it has ended by then."""
    began = time.monotonic()
    status = server.stop()
    wait_until(lambda: not server.processes(), max(0.1, most_s - (time.monotonic() - began)), "nothing is left")
    assert time.monotonic() - began < most_s
    return status
