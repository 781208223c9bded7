"""What real clients send is read as they mean it: from recorded bytes always, and by the clients where they are found.

Java's HttpClient and `curl --http2` offer another protocol with every first request. A server that believed the offer
would lose the body, and take it for the next request.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.front.driver import next_answer
from tests.front.recorded import RECORDED
from tests.front.served import Answers, Front

CLIENT_PATIENCE_S = 60.0
BODY = '{"a":1}'


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with Front() as served:
        yield served


def read_as(told: Any) -> tuple[str, int, str]:
    return told["method"], told["size"], told["body"]


def meant_as(method: str, body: bytes) -> tuple[str, int, str]:
    return method, len(body), sha256(body).hexdigest()


@pytest.mark.parametrize("how", ["as they came", "at once", "byte by byte"])
@pytest.mark.parametrize("client", RECORDED)
def test_recorded_requests_are_read_as_they_were_meant(front: Front, client: str, how: str) -> None:
    recorded = RECORDED[client]
    raw = b"".join(recorded.pieces)
    pieces = {
        "as they came": recorded.pieces,
        "at once": [raw],
        "byte by byte": [raw[place : place + 1] for place in range(len(raw))],
    }
    with front.connect() as connection:
        for piece in pieces[how]:
            connection.sendall(piece)
        answers = Answers(connection)
        for method, body in recorded.meant:
            answer = next_answer(answers, method)
            assert answer is not None
            assert read_as(answer.json()) == meant_as(method, body)


@pytest.mark.parametrize("client", [name for name in RECORDED if name != "curl -0"])
def test_recorded_requests_one_behind_another_are_read_as_they_were_meant(front: Front, client: str) -> None:
    recorded = RECORDED[client]
    with front.connect() as connection:
        connection.sendall(b"".join(recorded.pieces) * 10)
        answers = Answers(connection)
        for method, body in [*recorded.meant] * 10:
            answer = next_answer(answers, method)
            assert answer is not None
            assert read_as(answer.json()) == meant_as(method, body)


def said_by(command: Sequence[str]) -> str:
    """What the client prints; skipped where it is not installed."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; its recorded bytes were tried")
    done = subprocess.run(command, check=False, capture_output=True, timeout=CLIENT_PATIENCE_S, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def url_of(front: Front) -> str:
    return f"http://127.0.0.1:{front.address[1]}/a"


@pytest.mark.slow
def test_javas_client_as_it_comes_is_answered(front: Front) -> None:
    if shutil.which("javac") is None:
        pytest.skip("no Java that compiles is installed; its recorded bytes were tried")
    lines = said_by(["java", str(Path(__file__).with_name("Caller.java")), url_of(front)]).splitlines()
    told = [json.loads(line.removeprefix("200 ")) for line in lines]
    assert [read_as(each) for each in told] == [meant_as(*each) for each in RECORDED["Java, two posts and a get"].meant]
    assert [value for name, value in told[0]["headers"] if name == "http2-settings"], "it made no offer"


CURL = {
    "http2": ["--http2", "-d", BODY],
    "http2, large": ["--http2", "-d", BODY.ljust(2_000_000)],
    "1.0": ["-0", "-d", BODY],
    "chunked": ["-H", "Transfer-Encoding: chunked", "-d", BODY],
    "100-continue": ["-H", "Expect: 100-continue", "--expect100-timeout", "30", "-d", BODY],
    "two posts": ["--http2", "-d", BODY, "--next", "--http2", "-sS", "-d", BODY],
}


@pytest.mark.parametrize("how", CURL)
def test_curl_is_answered_however_it_asks(front: Front, how: str, tmp_path: Path) -> None:
    words = list(CURL[how])
    for place in [place + 1 for place, word in enumerate(words) if word == "-d"]:
        (tmp_path / str(place)).write_text(words[place])
        words[place] = f"@{tmp_path / str(place)}"
    if "--next" in words:
        words.insert(words.index("--next"), url_of(front))
    text = said_by(["curl", "-sS", "-m", "20", *words, url_of(front)])
    sizes = [json.loads(each)["size"] for each in text.replace("}{", "}\n{").splitlines()]
    assert sizes == [2_000_000 if how == "http2, large" else len(BODY)] * (2 if how == "two posts" else 1)
