"""Strangers who send bodies: expensive ones, large ones, slow ones; and those who never read what they are told."""

from __future__ import annotations

import asyncio
import select
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle, repeat

from tests.abuse.mission import (
    BODY_S,
    IDLE_S,
    LATE_S,
    LESSPAY_BATCH,
    LESSPAY_CREATE,
    LESSPAY_QUERY,
    UNKNOWN_KEY,
    UNREAD_S,
    Scene,
    crowd,
    flood,
    post,
    stranger,
)
from tests.apis.lesspay.merchant import lesspay_signature

MIB = 1024 * 1024
SECONDS_OF_ANSWERING = 20.0
UNFINISHED = 200
RATED_AFTER_S = 5.0
"""For so long a body may be as slow as it likes."""
PIECE = b" " * 65_536
SLOW = 100
# 503 is LessPay's "too many requests" (docs/refusals.md).
REFUSED = "400 401 413 429 503"
GIVEN_UP = f"{REFUSED} 408 closed cut"


def objects(size: int) -> bytes:
    """Small objects in a list, about so many bytes of them."""
    return b'{"a":[' + b",".join([b'{"a":1}'] * (size // 8)) + b"]}"


def numbers(size: int) -> bytes:
    return b'{"a":[' + b",".join([b"1"] * (size // 2)) + b"]}"


def members(size: int) -> bytes:
    return b"{" + b",".join(b'"%d":1' % number for number in range(size // 9)) + b"}"


# Some within the limits of an ordinary route, some beyond: what is told is not what it costs.
EXPENSIVE = (objects(700_000), objects(60_000), numbers(190_000), members(100_000))


async def stream(scene: Scene, path: str, key: str, bytes_a_second: float) -> None:
    """One body after the other, so many bytes a second, each on a connection of its own."""
    answers: list[asyncio.Task[None]] = []
    due = time.monotonic()
    bodies: Iterator[bytes] = cycle(EXPENSIVE)
    while scene.goes_on:
        body = next(bodies)
        answers.append(asyncio.create_task(_ask(scene, post(path, body, key))))
        due += len(body) / bytes_a_second
        await asyncio.sleep(max(due - time.monotonic(), 0))
    await asyncio.gather(*answers)


async def _ask(scene: Scene, request: bytes) -> None:
    line = await scene.open()
    if line is None:
        return
    with suppress(OSError):
        await scene.send(line, request)
    try:
        status, _ = await asyncio.wait_for(line.answer(), SECONDS_OF_ANSWERING)
        scene.saw.met(str(status))
    except TimeoutError:
        scene.saw.met("open")
    except Exception as error:
        scene.saw.met("cut" if isinstance(error, OSError) else "closed")
    line.close()


@stranger("values of nobody", allowed=REFUSED)
async def values_of_nobody(scene: Scene) -> None:
    """1 MiB a second of small JSON values from an unknown key"""
    await stream(scene, LESSPAY_CREATE, UNKNOWN_KEY, MIB)


@stranger("values unsigned", allowed=REFUSED)
async def values_unsigned(scene: Scene) -> None:
    """the same under a known key, with a wrong signature"""
    await stream(scene, LESSPAY_CREATE, scene.known_key, MIB)


@stranger("values unsigned, batch", allowed=REFUSED)
async def values_unsigned_batch(scene: Scene) -> None:
    """the same on the route of batches"""
    await stream(scene, LESSPAY_BATCH, scene.known_key, MIB)


@stranger("large bodies of nobody", allowed=f"{REFUSED} closed cut")
async def large_of_nobody(scene: Scene) -> None:
    """bodies of 16 MB on the route of batches, from an unknown key"""
    await _large(scene, UNKNOWN_KEY)


@stranger("large bodies unsigned", allowed=f"{REFUSED} closed cut", seconds=5)
async def large_unsigned(scene: Scene) -> None:
    """the same under a known key, with a wrong signature"""
    await _large(scene, scene.known_key)


async def _large(scene: Scene, key: str) -> None:
    """Some of one long text, some of as many values as ever can be read."""
    text = b'{"a":"' + b"a" * 16_000_000 + b'"}'
    values = b'{"a":[' + b",".join([b'{"a":1}'] * 90_000) + b'],"b":"' + b"b" * 15_000_000 + b'"}'
    bodies = cycle((text, values))

    async def one(scene: Scene) -> None:
        await _ask(scene, post(LESSPAY_BATCH, next(bodies), key))

    await crowd(scene, 3, one)


@stranger("endless body", allowed="408 413 closed cut")
async def endless_body(scene: Scene) -> None:
    """a body in chunks that never ends, on a route that takes short ones"""
    piece = b"%x\r\n%b\r\n" % (len(PIECE), PIECE)
    head = post(LESSPAY_QUERY, b"", extra="transfer-encoding: chunked\r\n").replace(b"content-length: 0\r\n", b"")

    await crowd(scene, 2, lambda scene: flood(scene, head, repeat(piece), BODY_S + LATE_S))


@stranger("deep nesting", allowed=REFUSED)
async def deep_nesting(scene: Scene) -> None:
    """lists in lists and objects in objects, some 100,000 deep"""
    bodies = cycle((b'{"a":' + b"[" * 100_000, b'{"a":' * 20_000 + b"1", b'{"a":' + b"[" * 400_000 + b"]" * 400_000))
    keys = cycle((UNKNOWN_KEY, scene.known_key, scene.known_key))

    async def one(scene: Scene) -> None:
        await _ask(scene, post(LESSPAY_CREATE, next(bodies), next(keys)))
        await asyncio.sleep(0.1)

    await crowd(scene, 4, one)


@stranger("unfinished bodies", allowed=GIVEN_UP, seconds=4)
async def unfinished_bodies(scene: Scene) -> None:
    """200 bodies of 16 MB that stop after the first one"""
    begun = b'{"a":"' + b"a" * 1_000_000
    keys = cycle((UNKNOWN_KEY, scene.known_key))

    async def one(scene: Scene) -> None:
        await _hold(scene, post(LESSPAY_BATCH, begun, next(keys), length=16_000_000), b"")

    await crowd(scene, UNFINISHED, one)


# nginx takes a body in as slowly as it comes, and Outlay hears nothing of it.
@stranger("slow bodies", allowed=GIVEN_UP, proxied="open", seconds=4)
async def slow_bodies(scene: Scene) -> None:
    """100 bodies, a byte a second each"""
    keys = cycle((UNKNOWN_KEY, scene.known_key))

    async def one(scene: Scene) -> None:
        await _hold(scene, post(LESSPAY_QUERY, b"{", next(keys), length=100), b" ")

    await crowd(scene, SLOW, one)


@stranger("trickling bodies", allowed=GIVEN_UP, proxied="open", seconds=1, house="few files")
async def trickling_bodies(scene: Scene) -> None:
    """100 bodies, a byte a second each, where a body may take an hour but must come at a rate"""
    keys = cycle((UNKNOWN_KEY, scene.known_key))

    async def one(scene: Scene) -> None:
        await _hold(scene, post(LESSPAY_QUERY, b"{", next(keys), length=100), b" ", RATED_AFTER_S + LATE_S)

    await crowd(scene, SLOW, one)


async def _hold(scene: Scene, begun: bytes, each_second: bytes, within_s: float = BODY_S + LATE_S) -> None:
    """Keep a body from ever ending."""
    line = await scene.open()
    if line is None:
        return
    line.send(begun)
    hearing = asyncio.create_task(scene.ended(line, within_s))
    while not (await asyncio.wait({hearing}, timeout=1))[0]:
        if each_second:
            line.send(each_second)
    scene.saw.met(await hearing)
    line.abort()


@stranger("refusals never read", allowed="closed cut open", seconds=UNREAD_S + IDLE_S)
async def refusals_unread(scene: Scene) -> None:
    """100 connections that ask for what is not served, and never read"""
    await _never_read(scene, b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200, 100, 0)


@stranger("answers never read", allowed="closed cut", seconds=UNREAD_S + IDLE_S + LATE_S + 2)
async def unread(scene: Scene) -> None:
    """4 connections of somebody with a key that ask for lists and never read"""
    await _never_read(scene, _list_of_banks(scene) * 20, 4, UNREAD_S + IDLE_S + LATE_S)


async def _never_read(scene: Scene, asked: bytes, count: int, late_s: float) -> None:
    """Those that are older at the end are "open"."""
    # Small windows and segments: else the system itself would keep megabytes of answers for each.
    held: dict[int, tuple[socket.socket, float]] = {}
    ends = select.poll()
    while scene.goes_on:
        while len(held) < count:
            opened = _small(scene)
            held[opened.fileno()] = (opened, time.monotonic())
            ends.register(opened, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
        for number, event in ends.poll(0):
            ends.unregister(number)
            held.pop(number)[0].close()
            scene.saw.met("cut" if event & select.POLLERR else "closed")
        for opened, _ in held.values():
            with suppress(OSError):
                opened.send(asked)
        await asyncio.sleep(0.05)
    for opened, since in held.values():
        if time.monotonic() - since > late_s:
            scene.saw.met("open")
        opened.close()


def _list_of_banks(scene: Scene) -> bytes:
    """What is answered at once with some kilobytes. Who has proved nothing would wait for each refusal, and be told a
    few words."""
    body = b'{"country":"PK","currency":"PKR","way_code":"TEEMOPAY_PAYOUT"}'
    signature = lesspay_signature(body.decode(), scene.mission.sessions["lesspay"].shown["app_secret"])
    return post("/api/global/payout/bank", body, scene.known_key, signature=signature)


def _small(scene: Scene) -> socket.socket:
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    opened.settimeout(3)
    opened.connect((scene.mission.place.host, scene.mission.place.port))
    if scene.tls is not None:
        opened = scene.tls.wrap_socket(opened, server_hostname="localhost")
    opened.setblocking(False)
    return opened
