"""One connection of a caller: bytes to requests, one after another, and each answer to its own request.

llhttp parses (httptools); heads are judged in api.heads, an exchange is api.exchange, what all connections share is
api.connections. Here is the order of things: which request is served, which wait behind it, what is read and when, and
how the connection ends.

The traps: a request may come in any pieces and several in one, also while one is served, so what is said about one that
cannot be read waits for the answers before it. And a socket that is closed on bytes that nobody has read takes the
answer with it: where the peer may still be sending, only our side is closed, and the rest is read and dropped.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final

import httptools

from outlay.api import heads, rejections
from outlay.api.connections import Connections, Use
from outlay.api.exchange import Application, Exchange
from outlay.api.limits import Bite
from outlay.api.rejections import Rejection

PIECE: Final = 4096
"""Bytes that are parsed at a time: so many requests at most are taken in behind one that is served."""
MOST_UNTAKEN: Final = 65_536
"""Bytes of a body that the application has not taken yet; above it nothing is read."""
LINGER_S: Final = 3.0
LINGER_BYTES: Final = 20 * 1024 * 1024
"""What is read and dropped behind the last answer, for so long at most: the longest body that any route takes, because
who sends it may be nobody's and hear that at once."""
RATE_FROM_S: Final = 5.0
"""From then on a body must have come at its least rate, or from a sixth of its time on where that is less."""
_KEPT_OPEN: Final = True


class Connection(asyncio.Protocol):
    """Serves `app`. A Member of `connections`, and the Wire of its exchanges."""

    __slots__ = (
        "_all", "_app", "_current", "_drained", "_ended", "_expects", "_fault", "_fresh", "_headers", "_held",
        "_in_head", "_lingering", "_loose", "_lost", "_offered", "_parser", "_paused", "_receiving",
        "_rejection", "_serving", "_transport", "_unread_since", "_url", "_waiting", "ends", "since",
    )  # fmt: skip

    def __init__(self, app: Application, connections: Connections) -> None:
        self._app, self._all = app, connections
        self._transport: asyncio.Transport
        self.ends: tuple[object, object] = (None, None)
        self.since = connections.clock
        # What is being received.
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: heads.Headers = []
        self._loose = 0
        """Bytes since the last that belonged to a body or ended a message: those of a head, or of chunks' trimmings."""
        self._fresh = True
        """No head has been complete yet."""
        self._in_head = self._offered = self._expects = False
        self._fault: Rejection | None = None
        """Why a callback of the parser raised."""
        self._receiving: Exchange | None = None
        self._held = b""
        """Read from the socket, but not parsed yet: requests wait."""
        self._ended = False
        """The peer has closed its side."""
        # What is being served.
        self._current: Exchange | None = None
        self._serving: asyncio.Task[None] | None = None
        self._waiting: deque[Exchange] = deque()
        self._rejection: Rejection | None = None
        """What cannot be read is answered so, after all that could."""
        # How the socket stands.
        self._paused = self._lost = False
        self._lingering: int | None = None
        """Bytes that are still read and dropped; None before the last answer."""
        self._drained: asyncio.Future[None] | None = None
        self._unread_since: float | None = None

    # -- asyncio.Protocol ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a socket's has two ways
        self._transport = transport
        self.ends = (_address(transport, "sockname"), _address(transport, "peername"))
        self.since = time.monotonic()
        self._all.joined(self)

    def data_received(self, data: bytes) -> None:
        if self._lingering is not None:
            self._drop(len(data), self._lingering)
        elif self._rejection is None:
            if self._held:
                self._held += data
            else:
                self._take(data)

    def eof_received(self) -> bool | None:
        """A peer that closes only its own side still reads the answers to what it has sent. One that does so amid its
        wait has hung up, as far as anybody can tell; it hears that nothing was done, where that is so. Not seen of one
        that has sent further requests: nothing is read then."""
        self._ended = True
        if self._receiving is not None:
            self._break_off(self._receiving)
        if self._current is None:
            return None
        self._current.peer_left()
        return _KEPT_OPEN

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._all.open.discard(self)
        if self._current is not None:
            self._current.peer_left(hung_up=True)
            self._wait_no_longer()  # or those who come and go would wait for their turns in ever greater number
        self._waiting.clear()
        self._held = b""
        self.resume_writing()
        del self._parser  # it holds us, and nobody else ends that circle

    def pause_writing(self) -> None:
        self._unread_since = self._all.clock
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        self._unread_since = None
        if self._drained is not None:
            self._drained.set_result(None)
            self._drained = None

    # -- Received bytes -----------------------------------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        """Parse what was read, as far as it does not have to wait for the request before it."""
        at = 0
        while at < len(data) and not self._waiting and self._rejection is None:
            piece = data[at : at + PIECE]
            at += len(piece)
            self._parse(piece)
        if self._waiting:
            self._held = data[at:]
            self._pause()

    def _parse(self, piece: bytes) -> None:
        self._loose += len(piece)
        data = piece
        while True:
            try:
                self._parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as offer:
                data = self._head_again() + data[offer.args[0] :]
            except httptools.HttpParserError:
                self._reject(self._fault or rejections.NOT_HTTP)
                return
        if self._loose > self._all.limits.head_limit:
            self._reject(self._too_long())

    def _head_again(self) -> bytes:
        """For a new parser: the old one takes what follows for another protocol."""
        version = self._parser.get_http_version()
        again = heads.without_offer(self._parser.get_method(), self._url, version, self._headers)
        self._parser, self._offered = httptools.HttpRequestParser(self), False
        return again

    def _too_long(self) -> Rejection:
        self._all.tally.bit(Bite.HEAD_TOO_LONG)
        return rejections.TARGET_TOO_LONG if len(self._url) > self._all.limits.head_limit else rejections.HEAD_TOO_LONG

    # -- What the parser calls ----------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = []
        self._in_head = True
        self._expects = False
        if self._current is None and not self._fresh:
            self.since = self._all.clock

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._receiving is not None:
            return  # behind the chunks of a body: nothing that anybody reads
        headers = self._headers
        name, value = name.lower(), value.strip(b" \t")
        headers.append((name, value))
        if name == b"expect":
            self._expects = value.lower() == b"100-continue"
        if len(headers) > self._all.limits.head_lines:
            raise self._because(self._too_long())

    def on_headers_complete(self) -> None:
        parser = self._parser
        method, version = parser.get_method(), parser.get_http_version()
        if method == b"CONNECT":
            raise self._because(rejections.CONNECT)
        if parser.should_upgrade():
            self._offered = True
            return
        headers = self._headers
        limit = self._all.limits.head_limit
        if self._loose > limit and heads.size_of(method, self._url, headers) > limit:
            raise self._because(self._too_long())
        fault = heads.fault_of(version, headers)
        if fault is not None:
            raise self._because(fault)
        scope = heads.scope_of(method, self._url, version, headers, self.ends)
        if scope is None:
            raise self._because(rejections.BAD_TARGET)
        self._in_head = self._fresh = False
        self._loose = 0
        is_1_1 = version == "1.1"
        self._receiving = Exchange(
            self,
            scope,
            stays=is_1_1 and parser.should_keep_alive(),
            awaits_continue=is_1_1 and self._expects,
        )
        if self._current is None:
            self._serve(self._receiving)
        else:
            self._waiting.append(self._receiving)

    def on_body(self, piece: bytes) -> None:
        self._loose = 0
        exchange = self._receiving
        if exchange is not None:
            exchange.body_came(piece)
            if exchange.untaken > MOST_UNTAKEN:
                self._pause()

    def on_message_complete(self) -> None:
        if self._offered:
            return
        self._loose = 0
        exchange, self._receiving = self._receiving, None
        if exchange is not None:
            exchange.body_ended()

    def _because(self, fault: Rejection) -> Exception:
        self._fault = fault
        return httptools.HttpParserError(fault.sentence)

    # -- One request after another ------------------------------------------------------------------------------------

    def _serve(self, exchange: Exchange) -> None:
        self._current = exchange
        self.since = self._all.clock
        task = asyncio.get_running_loop().create_task(exchange.run(self._app))
        self._serving = task
        self._all.tasks.add(task)
        task.add_done_callback(self._all.tasks.discard)

    def _go_on(self) -> None:
        """The request that was served has its answer, or will have none."""
        self._current = None
        if self._waiting:
            self._serve(self._waiting.popleft())
        if self._held and not self._waiting:
            held, self._held = self._held, b""
            self._take(held)
        if self._current is None:
            self._be_idle()
        else:
            self._resume()

    def _be_idle(self) -> None:
        """Nothing is served: is that all?"""
        if self._lingering is not None or self._transport.is_closing():
            return
        if self._rejection is not None:
            self.write(self._rejection.raw(self.date_line))
            self._linger()
        elif self._ended:
            self._close()
        elif self._all.stopping and not self._in_head:
            self._linger()
        else:
            self.since = time.monotonic()  # of many that rest, one that did so a moment ago is the youngest
            self._resume()

    def _reject(self, rejection: Rejection) -> None:
        """Nothing behind this can be read. What was received before it is answered first."""
        self._rejection = rejection
        self._held = b""
        if self._receiving is not None:
            self._break_off(self._receiving)
        if self._current is None:
            self._be_idle()

    def _break_off(self, broken: Exchange) -> None:
        """The request that is being received will never be whole."""
        self._receiving = None
        if broken is self._current:
            broken.peer_left()
        else:
            self._waiting.remove(broken)

    def _linger(self) -> None:
        """The last answer is written. Close our side, and read on for a while."""
        if self._ended or self._transport.is_closing():
            self._close()
            return
        self._current = self._receiving = None
        self._held = self._url = b""
        self._headers = []
        self._parser = httptools.HttpRequestParser(self)  # the old one keeps the part of a header that it was in
        self._lingering = LINGER_BYTES
        self.since = self._all.clock
        self._transport.write_eof()
        self._resume()

    def _drop(self, size: int, most: int) -> None:
        """What comes behind the last answer, of `most` bytes that still may."""
        self._lingering = most - size
        if self._lingering < 0:
            self._close()
        elif (wait_s := self._all.dropped(size)) > 0:
            self._pause()
            asyncio.get_running_loop().call_later(wait_s, self._resume)

    def _close(self) -> None:
        self._current = None
        self.since = self._all.clock
        self._transport.close()

    # -- api.exchange.Wire --------------------------------------------------------------------------------------------

    @property
    def date_line(self) -> bytes:
        return self._all.date_line

    @property
    def read_since(self) -> float:
        return self._all.read_since

    @property
    def is_full(self) -> bool:
        return self._drained is not None

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self) -> None:
        while self._drained is not None:
            await asyncio.shield(self._drained)

    def want_body(self) -> None:
        self._resume()

    def may_stay(self) -> bool:
        return not self._all.stopping or bool(self._waiting or self._held or self._in_head)

    def answered(self, exchange: Exchange) -> None:
        if exchange.stays:
            self._go_on()
        elif exchange.asked_to_close and exchange.whole:
            self._close()  # what came behind it is nobody's
        else:
            self._linger()

    def unanswered(self, exchange: Exchange, instead: Rejection) -> None:
        if self._lost:
            self._current = None
        elif exchange.written or (exchange.gone and not exchange.whole and self._rejection is None):
            self._close()  # half an answer is seen to be one by its length, or its last chunk
        else:
            if exchange.whole or self._rejection is None:
                self._rejection = instead
            self._waiting.clear()
            self._held = b""
            self._go_on()

    # -- api.connections.Member, and uvicorn's shutdown ---------------------------------------------------------------

    def use(self) -> Use:
        if self._current is None:
            return Use.NOTHING if self._fresh or self._lingering is not None else Use.REST
        if self._current.is_nobodys:
            return Use.REFUSAL
        return Use.ANSWER if self._current.whole else Use.BODY

    def look(self, now: float, passed_s: float) -> None:
        limits = self._all.limits
        if self._unread_since is not None or self._transport.is_closing():
            since = self.since if self._unread_since is None else self._unread_since
            if now - since > limits.unread_seconds:
                self._all.tally.bit(Bite.ANSWER_UNREAD)
                self.abort()
        elif self._lingering is not None:
            if now - self.since > LINGER_S:
                self._close()
        elif self._current is not None:
            self._look_at_body(self._current, now, passed_s)
        elif self._in_head or (self._fresh and not self._all.stopping):
            if now - self.since > limits.head_seconds:
                self._all.tally.bit(Bite.HEAD_TOO_SLOW)
                self._reject(rejections.HEAD_TOO_SLOW)
        elif self._all.stopping:
            self._close()
        elif now - self.since > limits.idle_seconds:
            self._all.tally.bit(Bite.IDLE_CLOSED)
            self._close()

    def _look_at_body(self, exchange: Exchange, now: float, passed_s: float) -> None:
        if exchange.whole or exchange.gone:
            return
        if self._paused or exchange.awaits_continue:
            self.since += passed_s  # the sender waits for us
            return
        limits = self._all.limits
        age = now - self.since
        too_slow = age > min(RATE_FROM_S, limits.body_seconds / 6) and exchange.came < limits.body_rate * age
        if too_slow or age > limits.body_seconds:
            self._all.tally.bit(Bite.BODY_TOO_SLOW)
            self._reject(rejections.BODY_TOO_SLOW)

    def abort(self) -> None:
        self._transport.abort()

    def shutdown(self) -> None:
        """The server stops: what is under way goes on, but nobody's wait for a refusal."""
        self._wait_no_longer()
        if self._current is None and not self._in_head and self._lingering is None:
            self._close()

    def _wait_no_longer(self) -> None:
        if self._current is not None and self._current.is_nobodys and self._serving is not None:
            self._serving.cancel()

    # -- Reading ------------------------------------------------------------------------------------------------------

    def _pause(self) -> None:
        if not (self._paused or self._transport.is_closing()):
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and not (self._waiting or self._ended or self._transport.is_closing()):
            self._paused = False
            self._transport.resume_reading()


def _address(transport: asyncio.Transport, which: str) -> tuple[str, int] | None:
    """As ASGI wants it: host and port; None where the socket has no such thing."""
    address = transport.get_extra_info(which)
    return address[:2] if isinstance(address, tuple) and len(address) >= 2 else None
