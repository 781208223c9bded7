"""Headers and marks around a good request over real HTTP, in every API: what is no part of a value, and what makes of
one caller two."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from outlay.wire.problems import Trouble
from tests.apis.found import all_names, documented_of
from tests.e2e.raw_http import Answer, Call, exchange, send
from tests.e2e.scene import GOOD, READS_BODY, Scene, is_accepted

pytestmark = pytest.mark.slow

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
    assert is_accepted(GOOD[endpoint].api, send(scene.outlay.base_url, call.but(headers=padded)))
    scene.settle()


@pytest.mark.parametrize("endpoint", READS_BODY)
def test_a_byte_order_mark_before_the_body_is_passed_over(scene: Scene, endpoint: str) -> None:
    good = GOOD[endpoint]
    call = scene.call_to(good.api, good.method, good.path, lambda body: BYTE_ORDER_MARK + body)
    assert call.body.startswith(BYTE_ORDER_MARK)
    assert is_accepted(good.api, send(scene.outlay.base_url, call))
    scene.settle()


@pytest.mark.parametrize("endpoint", GOOD)
def test_every_header_twice_with_the_same_value_is_one(scene: Scene, endpoint: str) -> None:
    call = GOOD[endpoint](scene)
    assert is_accepted(GOOD[endpoint].api, sent(scene, call, call.headers))
    scene.settle()


NAMES_OR_PROVES = [
    (api, header)
    for api in all_names()
    for header in documented_of(api).headers
    if header in {documented_of(api).key_header, documented_of(api).reference_header, *documented_of(api).hidden}
]


@pytest.mark.parametrize(("api", "header"), NAMES_OR_PROVES)
def test_two_values_of_what_names_or_proves_somebody_are_nobodys(scene: Scene, api: str, header: str) -> None:
    call = scene.call(api, "create")
    assert header in call.headers
    answer = sent(scene, call, {header: "0123456789abcdef01234567"})
    assert documented_of(api).read_error(answer)[1]
    assert not is_accepted(api, answer)
    assert not scene.changes()


@pytest.mark.parametrize("endpoint", READS_BODY)
def test_a_compressed_body_is_told_as_such(scene: Scene, endpoint: str) -> None:
    api, call = GOOD[endpoint].api, GOOD[endpoint](scene)
    scene.refuse(api, call.headed({"content-encoding": "gzip"}), documented_of(api).troubles[Trouble.BODY_ENCODED])
    assert is_accepted(api, send(scene.outlay.base_url, call.headed({"content-encoding": "identity"})))
    scene.settle()


OFFERS = {
    "h2c": {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAMAAABkAAQCAAAAAAIAAAAA"},
    "websocket": {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"},
}


@pytest.mark.parametrize("endpoint", GOOD)
def test_an_offer_of_another_protocol_changes_nothing(scene: Scene, endpoint: str) -> None:
    """Java's client makes one with every request."""
    assert is_accepted(GOOD[endpoint].api, sent(scene, GOOD[endpoint](scene), OFFERS["h2c"]))
    scene.settle()


@pytest.mark.parametrize("chunked", [False, True], ids=["told", "in chunks"])
@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("endpoint", READS_BODY)
def test_nor_does_an_offer_of_any_kind_however_the_body_comes(
    scene: Scene, endpoint: str, offer: str, chunked: bool
) -> None:
    assert is_accepted(GOOD[endpoint].api, sent(scene, GOOD[endpoint](scene).but(chunked=chunked), OFFERS[offer]))
    scene.settle()
