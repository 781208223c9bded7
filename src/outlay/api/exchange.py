"""One request and its answer, as ASGI has them: `receive` gives the body as it comes, `send` takes the answer.

The connection (api.connection) parses and decides when an exchange has its turn; the bytes of the answer are made here.
An answer that is sent in one piece is one write. Where its length is not told, it is counted if the answer is whole,
and sent in chunks (or up to the end of the connection, to HTTP/1.0) if not.

The trap: an answer may be given before the body is whole. Then the connection cannot go on, and the answer says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, Protocol

from outlay.api import rejections
from outlay.api.rejections import STATUS_LINES, Rejection
from outlay.running.log import get_log
from outlay.store.patience import Asker

Message = MutableMapping[str, Any]
Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
NOBODY: Final = "outlay.nobody"
"""The application puts True under this name into the scope of a request whose sender has proved nothing, before it lets
them wait: such a connection is given up before others."""
ASKER: Final = "outlay.asker"
"""Under this name the scope has who sent the request, once it has come whole."""
HALF_CLOSED_WITHIN_S: Final = 0.1
"""Who closes their own side so soon after their request only has no more to say; who does so later has hung up."""
_log = get_log("outlay.front")


class Wire(Protocol):
    """What an exchange needs of its connection."""

    @property
    def date_line(self) -> bytes: ...
    @property
    def read_since(self) -> float:
        """By the loop's time: what is read now came later than that, also where the process stood still meanwhile."""
        ...

    @property
    def is_full(self) -> bool:
        """The peer reads too slowly: wait for `drain` before the next write."""
        ...

    def write(self, data: bytes) -> None: ...
    async def drain(self) -> None: ...
    def want_body(self) -> None:
        """The application waits for more of the body."""
        ...

    def may_stay(self) -> bool:
        """Whether there may be another request behind this one."""
        ...

    def answered(self, exchange: Exchange) -> None: ...
    def unanswered(self, exchange: Exchange, instead: Rejection) -> None:
        """The application has ended without a whole answer; where nothing has been written yet, say `instead`."""
        ...


class Exchange:
    """`stays`: whether the connection may go on behind the answer; the request says so first."""

    __slots__ = (
        "_body", "_chunked", "_given", "_left", "_lines", "_status", "_waiter", "_whole_s", "_wire", "answered",
        "asked_to_close", "awaits_continue", "came", "gone", "is_head", "scope", "stays", "whole", "written",
    )  # fmt: skip

    def __init__(self, wire: Wire, scope: MutableMapping[str, Any], *, stays: bool, awaits_continue: bool) -> None:
        self.scope = scope
        self.is_head = scope["method"] == "HEAD"
        self.stays, self.asked_to_close = stays, not stays
        self.awaits_continue = awaits_continue
        self.whole = False
        """The body has come to its end."""
        self.gone = False
        """Nothing more comes from the peer."""
        self.came = 0
        """Bytes of the body so far."""
        self.written = self.answered = False
        self._wire = wire
        self._body: bytes | bytearray = b""
        """What the application has not taken yet."""
        self._given = False
        self._waiter: asyncio.Future[None] | None = None
        self._whole_s = 0.0
        self._status = 0
        self._lines: list[bytes] | None = None
        self._left: int | None = None
        self._chunked = False

    # What the connection tells and asks

    @property
    def is_nobodys(self) -> bool:
        return NOBODY in self.scope

    @property
    def untaken(self) -> int:
        """Bytes of the body that the application has not taken yet."""
        return len(self._body)

    def body_came(self, piece: bytes) -> None:
        self.came += len(piece)
        if not self._body:
            self._body = piece
        else:
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)  # a list of pieces would let chunks of one byte each fill memory
            self._body += piece
        if self._waiter is not None:
            self._wake()

    def body_ended(self) -> None:
        self.whole = True
        self._whole_s = asyncio.get_running_loop().time()
        self.scope[ASKER] = Asker(self._wire.read_since)
        if self._waiter is not None:
            self._wake()

    def peer_left(self, *, hung_up: bool = False) -> None:
        """`hung_up`: they will not read the answer either."""
        self.gone = True
        if self.whole and (hung_up or asyncio.get_running_loop().time() - self._whole_s > HALF_CLOSED_WITHIN_S):
            self.scope[ASKER].leave()
        if self._waiter is not None:
            self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # What the application does

    async def run(self, app: Application) -> None:
        instead = rejections.FAILED
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            instead = rejections.CUT_SHORT
        except Exception as error:
            _log.error("the application failed", error=type(error).__name__, exc_info=True)
        if not self.answered:
            self._wire.unanswered(self, instead)

    async def receive(self) -> Message:
        """The next piece of the body; after its end, wait for the end of the exchange."""
        while True:
            if (self.whole and not self._given) or (self._body and not self.gone):
                return self._give()
            if self.gone or self.answered:
                return {"type": "http.disconnect"}
            if self.awaits_continue and not self.came and not self.written and not self.whole:
                self._wire.write(CONTINUE)
            self.awaits_continue = False
            self._waiter = asyncio.get_running_loop().create_future()
            self._wire.want_body()
            await self._waiter

    def _give(self) -> Message:
        body, self._body = bytes(self._body), b""
        self._given = self.whole
        if self.whole and body:
            self._wire.want_body()  # no more of it comes, but they may hang up
        return {"type": "http.request", "body": body, "more_body": not self.whole}

    async def send(self, message: Message) -> None:
        """Raises RuntimeError where the messages do not make an answer."""
        match message["type"]:
            case "http.response.start" if self._status == 0:
                self._begin(message["status"], message.get("headers", ()))
            case "http.response.body" if self._status != 0 and not self.answered:
                if self._wire.is_full:
                    await self._wire.drain()
                self._continue(message.get("body", b""), more=message.get("more_body", False))
            case other:
                raise RuntimeError(f"{other} is not expected here")

    # How the answer is written

    def _begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        lines = [STATUS_LINES[status], self._wire.date_line]
        for name, value in headers:
            match name.lower():
                case b"connection":
                    self.stays = self.stays and b"close" not in value.lower()
                case b"transfer-encoding":
                    continue  # how an answer is framed is decided here
                case b"content-length" as lower:
                    self._left = int(value)
                    lines.append(b"%b: %b\r\n" % (lower, value))
                case lower:
                    lines.append(b"%b: %b\r\n" % (lower, value))
        self._status, self._lines = status, lines

    def _continue(self, body: bytes, *, more: bool) -> None:
        lines, self._lines = self._lines, None
        head = b"" if lines is None else self._head(lines, None if more else len(body))
        framed = self._framed(body, more=more)
        if head or framed:
            self.written = True
            self._wire.write(head + framed)
        if not more:
            self.answered = True
            if self._waiter is not None:
                self._wake()
            self._wire.answered(self)

    def _head(self, lines: list[bytes], whole_length: int | None) -> bytes:
        """`whole_length` of the body, where it is known without being told."""
        if self._has_no_body():
            self._left = None
        elif self._left is None:
            if whole_length is not None:
                self._left = whole_length
                lines.append(b"content-length: %d\r\n" % whole_length)
            elif self.scope["http_version"] == "1.1":
                self._chunked = True
                lines.append(b"transfer-encoding: chunked\r\n")
            else:
                self.stays = False
        self.stays = self.stays and self.whole and self._wire.may_stay()
        if not self.stays:
            lines.append(b"connection: close\r\n")
        head = b"".join(lines)
        if not head.count(b"\n") == head.count(b"\r") == len(lines):
            raise RuntimeError("a header of the answer has a line break in it")
        return head + b"\r\n"

    def _framed(self, body: bytes, *, more: bool) -> bytes:
        if self._has_no_body():
            return b""
        if self._chunked:
            return (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"" if more else b"0\r\n\r\n")
        if self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise RuntimeError("the answer is not as long as its content-length says")
        return body

    def _has_no_body(self) -> bool:
        return self.is_head or self._status in (204, 304)
