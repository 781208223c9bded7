"""Headers and marks around a good request over real HTTP, in every API: what is no part of a value, and what makes of
one caller two."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.e2e.raw_http import Answer, Call, exchange, send
from tests.e2e.scene import GOOD, POSTS, Refused, Scene, api_of, is_accepted

pytestmark = pytest.mark.slow

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
GZIP = {"lesspay": Refused(415, 415), "teemopay": Refused(415, 414), "uqpay": Refused(415, 415)}


def with_lines(call: Call, lines: Mapping[str, str | bytes]) -> bytes:
    """The request with header lines besides its own, which a mapping could not hold twice."""
    head, blank, body = call.raw().partition(b"\r\n\r\n")
    for name, value in lines.items():
        head += b"\r\n" + name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
    return head + blank + body


def sent(scene: Scene, call: Call, lines: Mapping[str, str | bytes]) -> Answer:
    return exchange(scene.outlay.base_url, with_lines(call, lines), call.method)


@pytest.mark.parametrize("endpoint", GOOD)
def test_blanks_around_every_value_change_nothing(scene: Scene, endpoint: str) -> None:
    call = GOOD[endpoint](scene)
    padded = {name: b" \t" + (v if isinstance(v, bytes) else v.encode()) + b" \t " for name, v in call.headers.items()}
    assert is_accepted(endpoint, send(scene.outlay.base_url, call.but(headers=padded)))
    scene.settle()


@pytest.mark.parametrize("endpoint", POSTS)
def test_a_byte_order_mark_before_the_body_is_passed_over(scene: Scene, endpoint: str) -> None:
    call = GOOD[endpoint](scene)
    assert is_accepted(endpoint, send(scene.outlay.base_url, call.but(body=BYTE_ORDER_MARK + call.body)))
    scene.settle()


@pytest.mark.parametrize("endpoint", GOOD)
def test_every_header_twice_with_the_same_value_is_one(scene: Scene, endpoint: str) -> None:
    call = GOOD[endpoint](scene)
    assert is_accepted(endpoint, sent(scene, call, call.headers))
    scene.settle()


@pytest.mark.parametrize(
    ("endpoint", "name", "other", "status"),
    [
        ("lesspay-query", "x-auth-appid", "0123456789abcdef01234567", 401),
        ("lesspay-query", "x-auth-signature", "A" * 64, 401),
        ("teemopay-query", "app_code", "A2404010004MX001", 200),  # with a code of its own: 416
        ("uqpay-retrieve", "x-auth-token", "x", 401),
        ("uqpay-create", "x-idempotency-key", "another", 400),
    ],
)
def test_two_values_of_what_names_or_proves_somebody_are_nobodys(
    scene: Scene, endpoint: str, name: str, other: str, status: int
) -> None:
    call = GOOD[endpoint](scene)
    assert name in {header.lower() for header in call.headers}
    answer = sent(scene, call, {name: other})
    assert not is_accepted(endpoint, answer)
    assert answer.status == status, answer
    assert not scene.changes()


@pytest.mark.parametrize("endpoint", POSTS)
def test_a_compressed_body_is_told_as_such(scene: Scene, endpoint: str) -> None:
    call = GOOD[endpoint](scene)
    scene.refuse(api_of(endpoint), call.headed({"content-encoding": "gzip"}), GZIP[api_of(endpoint)])
    assert is_accepted(endpoint, send(scene.outlay.base_url, call.headed({"content-encoding": "identity"})))
    scene.settle()


OFFERS = {
    "h2c": {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAMAAABkAAQCAAAAAAIAAAAA"},
    "websocket": {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"},
}
QUESTIONS = [endpoint for endpoint in POSTS if endpoint.endswith(("query", "balance"))]


@pytest.mark.parametrize("endpoint", GOOD)
def test_an_offer_of_another_protocol_changes_nothing(scene: Scene, endpoint: str) -> None:
    """Java's client makes one with every request."""
    assert is_accepted(endpoint, sent(scene, GOOD[endpoint](scene), OFFERS["h2c"]))
    scene.settle()


@pytest.mark.parametrize("chunked", [False, True], ids=["told", "in chunks"])
@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("endpoint", QUESTIONS)
def test_nor_does_an_offer_of_any_kind_however_the_body_comes(
    scene: Scene, endpoint: str, offer: str, chunked: bool
) -> None:
    assert is_accepted(endpoint, sent(scene, GOOD[endpoint](scene).but(chunked=chunked), OFFERS[offer]))
