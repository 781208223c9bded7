"""How a stranger's connection ends is seen as it is: answered, closed, cut, or open when it should not be any more."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import time

import pytest
import uvloop

from tests.abuse import mission
from tests.abuse.lines import Line, Place
from tests.abuse.mission import PROXIED_BYTES_A_SECOND, Mission, Scene

WITHIN_S = 0.3
PATIENCE_S = 30.0
ABORTS = struct.pack("ii", 1, 0)
ANSWER = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"
PROMISE = b"HTTP/1.1 100 Continue\r\n\r\n"


async def outcome(said: bytes, *, closes: bool = False, aborts: bool = False) -> str:
    """Of a connection on whose other side this happens."""

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        if aborts:
            raw: socket.socket = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTS)
        if not (closes or aborts):
            await over.wait()
        writer.close()

    over = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    place = Place("127.0.0.1", server.sockets[0].getsockname()[1])
    scene = Scene(Mission("somebody", place, 1.0, {}))
    line = await Line.open(place, None)
    try:
        return await scene.ended(line, WITHIN_S)
    finally:
        over.set()
        line.close()
        server.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("said", "ways", "seen"),
    [
        (b"", {}, "open"),
        (ANSWER[:-1], {}, "open"),
        (b"", {"closes": True}, "closed"),
        (ANSWER[:-1], {"closes": True}, "closed"),
        (b"", {"aborts": True}, "cut"),
        (ANSWER, {}, "404"),
        (PROMISE + ANSWER, {"closes": True}, "404"),
    ],
    ids=["silence", "half an answer", "closed", "half an answer, closed", "cut", "answered", "promised and answered"],
)
def test_a_connection_ends_as_it_is_seen_to_end(said: bytes, ways: dict[str, bool], seen: str) -> None:
    assert asyncio.run(outcome(said, **ways)) == seen


def test_a_server_that_says_it_will_close_is_heard() -> None:
    async def last(said: bytes) -> bool:
        async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(said)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        line = await Line.open(Place("127.0.0.1", server.sockets[0].getsockname()[1]), None)
        await line.answer()
        line.close()
        server.close()
        await asyncio.sleep(0)
        return line.is_last

    assert asyncio.run(last(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")))
    assert not asyncio.run(last(ANSWER))


def test_who_sends_into_a_connection_that_broke_before_is_told_so() -> None:
    """By uvloop, as strangers run: it has another word for it, which would end them."""

    async def send_into_broken() -> None:
        async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            raw: socket.socket = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORTS)
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            line = await Line.open(Place("127.0.0.1", server.sockets[0].getsockname()[1]), None)
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    line.send(b"more")
                    await asyncio.sleep(0.01)

    with pytest.raises(ConnectionError):
        uvloop.run(send_into_broken())


def test_behind_a_proxy_a_stranger_sends_no_faster_than_is_fair(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(PROXIED_BYTES_A_SECOND // 8)

    async def seconds_for_two(tls: ssl.SSLContext | None) -> float:
        ended: asyncio.Queue[int] = asyncio.Queue()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            received = 0
            while piece := await reader.read(1 << 20):
                received += len(piece)
            writer.close()
            await writer.wait_closed()
            ended.put_nowait(received)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        place = Place("127.0.0.1", server.sockets[0].getsockname()[1])
        scene = Scene(Mission("somebody", place, 1.0, {}))
        scene.tls = tls  # what the stranger goes by; the connections are plain
        lines = [await Line.open(place, None) for _ in range(2)]
        began = time.monotonic()
        await asyncio.gather(*(scene.send(line, data) for line in lines))
        seconds = time.monotonic() - began
        for line in lines:
            line.close()
        assert [await ended.get() for _ in lines] == [len(data)] * 2
        server.close()
        await asyncio.sleep(0)
        return seconds

    assert asyncio.run(seconds_for_two(ssl.create_default_context())) >= 0.25
    # So slow that what is held back would take a day.
    monkeypatch.setattr(mission, "PROXIED_BYTES_A_SECOND", 100)
    asyncio.run(asyncio.wait_for(seconds_for_two(None), PATIENCE_S))
