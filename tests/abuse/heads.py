"""Strangers whose requests never come to a body: endless, slow or silent heads, and connections for nothing."""

from __future__ import annotations

import asyncio
from itertools import repeat

from tests.abuse.mission import HEAD_S, IDLE_S, LATE_S, LESSPAY_QUERY, Scene, crowd, flood, stranger

ENDLESS_BYTES = 96 * 1024 * 1024
PIECE = b"a" * 65_536
LINES = 1000
SLOW = 200
SILENT = 300
PACE_S = 0.002
CHURNING = 32
IDLE = 150
ANSWERED_S = 15.0
REFUSED = "400 408 431 closed cut"
BEGUN = b"POST %s HTTP/1.1\r\nHost: localhost\r\nx-filler: " % LESSPAY_QUERY.encode()


@stranger("endless header", allowed="431 closed cut", proxied="400 408 414", seconds=5)
async def endless_header(scene: Scene) -> None:
    """a header of 96 MiB"""
    count = ENDLESS_BYTES // len(PIECE)
    await crowd(scene, 1, lambda scene: flood(scene, BEGUN, repeat(PIECE, count), HEAD_S + LATE_S))


@stranger("thousand header lines", allowed="431 closed cut", proxied="400", seconds=3)
async def thousand_lines(scene: Scene) -> None:
    """1,000 lines of headers"""
    lines = b"".join(b"x-%d: 1\r\n" % number for number in range(LINES))
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n"

    async def one(scene: Scene) -> None:
        line = await scene.open()
        if line is None:
            return
        line.send(request)
        scene.saw.met(await scene.ended(line, HEAD_S + LATE_S))
        line.close()

    await crowd(scene, 4, one)


@stranger("slow heads", allowed=REFUSED, seconds=3)
async def slow_heads(scene: Scene) -> None:
    """200 heads, a byte a second each"""
    await crowd(scene, SLOW, lambda scene: _drip(scene, BEGUN))


@stranger("half heads", allowed=REFUSED, seconds=3)
async def half_heads(scene: Scene) -> None:
    """200 heads that stop in the middle"""

    async def one(scene: Scene) -> None:
        await _wait(scene, BEGUN, HEAD_S + LATE_S)

    await crowd(scene, SLOW, one)


# "open": connections that the server does not have. Where its backlog is full the system drops them, and tells nobody.
@stranger("silent sockets", allowed=f"{REFUSED} open", seconds=3, house="few files")
async def silent_sockets(scene: Scene) -> None:
    """300 connections on which nothing is said, where 256 files may be open"""

    places = iter(range(SILENT))

    async def one(scene: Scene) -> None:
        # At first one after another: all at once they would only fill the queue of those that are not accepted yet.
        await asyncio.sleep(next(places, 0) * PACE_S)
        await _wait(scene, b"", HEAD_S + LATE_S)

    await crowd(scene, SILENT, one)


@stranger("idle connections", allowed="closed cut 408", seconds=3)
async def idle_connections(scene: Scene) -> None:
    """150 connections that ask once and stay"""

    async def one(scene: Scene) -> None:
        line = await scene.open()
        if line is None:
            return
        line.send(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            await asyncio.wait_for(line.answer(), ANSWERED_S)
            outcome = await scene.ended(line, IDLE_S + LATE_S)
        finally:
            line.close()
        scene.saw.met(outcome)

    await crowd(scene, IDLE, one)


@stranger("churn", allowed="closed cut none", seconds=4)
async def churn(scene: Scene) -> None:
    """connections opened and closed as quickly as they can be"""

    async def one(scene: Scene) -> None:
        line = await scene.open()
        scene.saw.met("closed" if line else "none")
        if line is not None:
            line.abort()

    await crowd(scene, CHURNING, one)


async def _wait(scene: Scene, begun: bytes, within_s: float) -> None:
    """Say that much and no more."""
    line = await scene.open()
    if line is None:
        return
    line.send(begun)
    scene.saw.met(await scene.ended(line, within_s))
    line.abort()


async def _drip(scene: Scene, begun: bytes) -> None:
    """Say one byte a second."""
    line = await scene.open()
    if line is None:
        return
    hearing = asyncio.create_task(scene.ended(line, HEAD_S + LATE_S))
    for byte in begun:
        line.send(bytes([byte]))
        if (await asyncio.wait({hearing}, timeout=1))[0]:
            break
    scene.saw.met(await hearing)
    line.abort()
