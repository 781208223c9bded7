"""Good requests in every form, cut at random places and sent one behind another: each must get the answer to itself.

A run is one connection with one to six requests. Their bodies are often full of request text, so that bytes that are
read in the wrong place do not go unnoticed. Offers to upgrade are among them, which a server may pass over.

More of it by hand:  python -m tests.front.driver 1200
"""

from __future__ import annotations

import random
import socket
import sys
import time
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from tests.front.served import Answer, Answers, Front

OFFERS: Sequence[Sequence[bytes]] = (
    (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAABkAAQAoAAA"),
    (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: dGhlIHNhbQ=="),
    (b"Connection: upgrade", b"Upgrade: TLS/1.0"),
    (b"Connection: keep-alive ,\tuPgRaDe", b"Upgrade: h2c, websocket"),
    (b"Connection: keep-alive", b"Upgrade: h2c", b"connection: upgrade"),
    (b"Upgrade: foo/2",),
)  # fmt: skip
REQUEST_TEXT = (
    b"POST /stolen HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    b"GET /stolen HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n0\r\n\r\n"
)
LONGEST_BODY = 20_000
PAUSE_S = 0.001


class Sent(msgspec.Struct, frozen=True):
    """`offers_with_body`: what a parser that believes the offer gets wrong."""

    raw: bytes
    method: str
    target: str
    body: bytes
    offers_with_body: bool


def some_body(chance: random.Random) -> bytes:
    size = chance.choice((0, 1, chance.randrange(200), chance.randrange(LONGEST_BODY)))
    match chance.randrange(3):
        case 0:
            return (REQUEST_TEXT * (size // len(REQUEST_TEXT) + 1))[:size]
        case 1:
            return b"\r\n" * (size // 2)
        case _:
            return chance.randbytes(size)


def in_chunks(chance: random.Random, body: bytes) -> bytes:
    """With extensions and trailers now and then."""
    raw, at = b"", 0
    while at < len(body):
        chunk = body[at : at + chance.randrange(1, 5000)]
        at += len(chunk)
        extension = chance.choice((b"", b"", b";a=b", b';name="quoted, text"'))
        raw += b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk)
    trailers = chance.choice(
        (b"", b"", b"X-Trailer: a\r\n", b"Host: trailing\r\nExpect: 100-continue\r\nX-Last: b\r\n")
    )
    return raw + b"0\r\n" + trailers + b"\r\n"


def good_request(chance: random.Random, number: int, *, last: bool, offers: bool) -> Sent:
    method = chance.choice(("GET", "HEAD", "POST", "POST", "POST", "PUT"))
    target = f"/{chance.randrange(1 << 30)}/{number}?wait={chance.choice((0, 0, 0.002))}"
    lines = [b"Host: example.com", b"X-Padding: " + b"p" * chance.choice((0, 10, 300, 5000)) + b" \t"]
    body = some_body(chance) if method in ("POST", "PUT") else b""
    framed = body
    if method in ("POST", "PUT"):
        if chance.random() < 0.5:
            lines.append(b"Transfer-Encoding: chunked")
            framed = in_chunks(chance, body)
        else:
            lines.append(b"Content-Length: %d" % len(body))
        if chance.random() < 0.2:
            lines.append(b"Expect: 100-Continue")
    offer = chance.choice(OFFERS) if offers and chance.random() < 0.4 else ()
    lines += offer
    if last and chance.random() < 0.3:
        lines.append(b"Connection: close")
    chance.shuffle(lines)
    head = b"\r\n".join([f"{method} {target} HTTP/1.1".encode(), *lines, b"", b""])
    return Sent(head + framed, method, target, body, bool(offer) and framed != b"")


def some_requests(chance: random.Random, *, offers: bool) -> list[Sent]:
    count = chance.randrange(1, 7)
    return [good_request(chance, n, last=n == count - 1, offers=offers) for n in range(count)]


def pieces(chance: random.Random, raw: bytes) -> list[bytes]:
    places = sorted(chance.randrange(len(raw) + 1) for _ in range(chance.choice((0, 1, 3, 8, 20))))
    return [raw[start:end] for start, end in zip([0, *places], [*places, len(raw)], strict=True)]


def faults(connection: socket.socket, chance: random.Random, requests: Sequence[Sent]) -> list[str]:
    """Send them in pieces, read all answers; gives what was wrong."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    found = []
    try:
        for piece in pieces(chance, b"".join(request.raw for request in requests)):
            connection.sendall(piece)
            if chance.random() < 0.5:
                time.sleep(PAUSE_S)
        answers = Answers(connection)
        for number, request in enumerate(requests):
            answer = next_answer(answers, request.method)
            if answer is None or not belongs(answer, request):
                found.append(f"request {number} of {len(requests)}, {request.raw[:80]!r}: {answer}")
                break
    except (OSError, AssertionError, ValueError) as error:
        found.append(repr(error))
    return found


def next_answer(answers: Answers, method: str) -> Answer | None:
    """Passing over 100 Continue, which is none."""
    while (answer := answers.next(method)) is not None and answer.status == 100:
        pass
    return answer


def belongs(answer: Answer, request: Sent) -> bool:
    if answer.status != 200:
        return False
    if request.method == "HEAD":
        return answer.body == b"" and int(answer.headers["content-length"]) > 0
    told = answer.json()
    target = f"{told['raw_path']}?{told['query']}"
    of_body = (told["size"], told["body"])
    return (told["method"], target, *of_body) == (
        request.method, request.target, len(request.body), sha256(request.body).hexdigest()
    )  # fmt: skip


def main(runs: int, seed: int) -> None:
    wrong = 0
    with Front() as front:
        for number in range(runs):
            chance = random.Random(f"{seed}-{number}")
            with front.connect() as connection:
                found = faults(connection, chance, some_requests(chance, offers=True))
            if found:
                wrong += 1
                print(f"run {number}:", *found, sep="\n  ")
    print(f"{wrong} of {runs} runs wrong (seed {seed})")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
