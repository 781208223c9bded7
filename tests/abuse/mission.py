"""What a stranger is, what it is given, and what it notes down.

A stranger's connection ends in one of few ways, and each stranger says which of them it may meet: the status of an
answer ("401"), "closed" or "cut" by the other side, or "open": nothing had happened when somebody who is protected
would have ended it.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from outlay.wire.samples import Session
from tests.abuse.lines import Line, Lost, Place

HEAD_S, BODY_S, IDLE_S, UNREAD_S = 2.0, 4.0, 3.0, 3.0
"""How patient the servers of the trials are told to be; less than usual, to save time."""
LATE_S = 2.5
"""A sweep comes once a second, and the machine may be busy."""
CONNECT_S = 3.0
MOST_WRONG = 5
PROXIED_BYTES_A_SECOND = 32 * 1024 * 1024
"""A stranger's, all connections together, where TLS is spoken."""
PACED_BYTES = 65_536

LESSPAY_CREATE = "/api/global/payout/create-order"
LESSPAY_QUERY = "/api/global/payout/query"
LESSPAY_BATCH = "/api/global/payout/batch/create-order"
UNKNOWN_KEY = "0123456789abcdef01234567"
WRONG_SIGNATURE = "0" * 64


class Saw(msgspec.Struct):
    """How often its connections or requests ended how; and answers that no request can have had."""

    outcomes: dict[str, int] = {}
    wrong: list[str] = []

    def met(self, outcome: str, times: int = 1) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + times

    def noted(self, what: str) -> None:
        self.met("wrong")
        if len(self.wrong) < MOST_WRONG:
            self.wrong.append(what)


class Mission(msgspec.Struct):
    name: str
    place: Place
    seconds: float
    sessions: Mapping[str, Session]
    """Of a merchant who is no stranger: ids of keys are no secret."""
    is_proxied: bool = False


class Scene:
    """What a stranger acts on while it lasts."""

    def __init__(self, mission: Mission) -> None:
        self.mission = mission
        self.saw = Saw()
        self.tls: ssl.SSLContext | None = mission.place.context()
        self.until = time.monotonic() + mission.seconds
        self._may_send_s = 0.0

    @property
    def known_key(self) -> str:
        return self.mission.sessions["lesspay"].shown["app_id"]

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.until

    async def open(self) -> Line | None:
        """None, after a while, where nobody takes the connection: strangers have no right to one."""
        try:
            return await asyncio.wait_for(Line.open(self.mission.place, self.tls), CONNECT_S)
        except (OSError, TimeoutError):
            await asyncio.sleep(0.05)
            return None

    async def send(self, line: Line, data: bytes) -> None:
        """Behind a proxy no faster than strangers together may: on one machine it would be the proxy's work, and TLS,
        that everybody waits for. Raises OSError."""
        if self.tls is None:
            await line.sent(data)
            return
        for start in range(0, len(data), PACED_BYTES):
            piece = data[start : start + PACED_BYTES]
            self._may_send_s = max(self._may_send_s, time.monotonic()) + len(piece) / PROXIED_BYTES_A_SECOND
            await asyncio.sleep(self._may_send_s - time.monotonic())
            await line.sent(piece)

    async def ended(self, line: Line, within_s: float) -> str:
        """How the other side ended this; "open" where it did not within so many seconds, also when the scene is over
        meanwhile: who has begun waits."""
        try:
            status, _ = await asyncio.wait_for(line.answer(), within_s)
        except Lost:
            return "closed"
        except TimeoutError:  # before the next one, of which it is a kind
            return "open"
        except OSError:
            return "cut"
        return str(status)


Act = Callable[[Scene], Coroutine[Any, Any, None]]


class Stranger(msgspec.Struct, frozen=True):
    """`house`: the server that it wants, by its name in `house`. `allowed`: how its connections may end; `proxied`: how
    else behind a proxy, which has limits and words of its own. `most`: how many answers it may get in all; 0 is any
    number."""

    name: str
    what: str
    act: Act
    allowed: frozenset[str]
    proxied: frozenset[str]
    seconds: float
    house: str
    most: int = 0


STRANGERS: dict[str, Stranger] = {}


def stranger(
    name: str, *, allowed: str, proxied: str = "", seconds: float = 2.0, house: str = "plain", most: int = 0
) -> Callable[[Act], Act]:
    """The function's docstring says what it does, in one line."""

    def register(act: Act) -> Act:
        what = (act.__doc__ or "").strip().rstrip(".")
        assert what, name
        STRANGERS[name] = Stranger(
            name, what, act, frozenset(allowed.split()), frozenset(proxied.split()), seconds, house, most
        )
        return act

    return register


async def crowd(scene: Scene, count: int, one: Callable[[Scene], Awaitable[None]]) -> None:
    """So many at once, each beginning anew when it has ended, for as long as the scene lasts; the last ones end it."""

    async def again() -> None:
        while scene.goes_on:
            with suppress(OSError, TimeoutError, Lost):
                await one(scene)
            await asyncio.sleep(0)

    await asyncio.gather(*(again() for _ in range(count)))


async def flood(scene: Scene, head: bytes, pieces: Iterable[bytes], within_s: float) -> None:
    """One connection that sends this and goes on with the pieces until the other side ends it."""

    async def send_all(line: Line) -> None:
        line.send(head)
        with suppress(OSError):
            for piece in pieces:
                await scene.send(line, piece)

    line = await scene.open()
    if line is None:
        return
    sending = asyncio.create_task(send_all(line))
    scene.saw.met(await scene.ended(line, within_s))
    sending.cancel()
    line.abort()


def post(
    path: str,
    body: bytes,
    key: str = UNKNOWN_KEY,
    length: int | None = None,
    extra: str = "",
    signature: str = WRONG_SIGNATURE,
) -> bytes:
    """A LessPay request; as it is, it proves nothing. `length`: what it says where that is not what it has."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nx-auth-appid: {key}\r\n"
        f"x-auth-timestamp: {time.time_ns() // 1_000_000}\r\nx-auth-signature: {signature}\r\n"
        f"content-type: application/json\r\n{extra}content-length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body
