"""The longest valid body of every route over real HTTP, each character of it an escape, blanks up to the very limit:
it is accepted. One byte more is too large. `longest.py` of an API has these bodies.
"""

from __future__ import annotations

import json

import pytest

from outlay.dialects import all_dialects
from outlay.wire.problems import Trouble
from tests.apis.found import all_names, documented_of, parts_of
from tests.e2e.limits import longest_body
from tests.e2e.longest import Longest
from tests.e2e.merchants import Merchant, open_account, open_merchant
from tests.e2e.raw_http import send
from tests.e2e.scene import GOOD, Scene, is_accepted
from tests.e2e.server import Server
from tests.support.spelling import spelt_out

pytestmark = pytest.mark.slow

APIS = parts_of("longest")
LONGEST: list[tuple[str, str]] = [(api, endpoint) for api, part in APIS.items() for endpoint in part.LONGEST]
BODILESS = [endpoint for endpoint, good in GOOD.items() if not good.reads]


@pytest.fixture(scope="module")
def merchant(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    folder = tmp_path_factory.mktemp("keys")
    made = open_merchant(outlay, folder, dialects=all_names(), funds={"BRL": "9000000000000.00"})
    open_account(outlay, "--parent", made.account_id)
    return made


@pytest.mark.parametrize("api", APIS)
def test_every_route_that_takes_a_body_is_tried(api: str) -> None:
    routes = all_dialects()[api].routes
    assert set(APIS[api].LONGEST) == {f"{route.method} {route.path}" for route in routes if route.method == "POST"}


@pytest.mark.parametrize(("api", "endpoint"), LONGEST)
def test_the_longest_body_that_is_documented_is_accepted_and_one_byte_above_the_limit_is_not(
    outlay: Server, merchant: Merchant, api: str, endpoint: str
) -> None:
    longest: Longest = APIS[api].LONGEST[endpoint]
    call = longest.call(merchant)
    limit = longest_body(call)
    written = spelt_out(json.loads(call.body))
    assert longest.fills * limit <= len(written) <= limit
    refused = send(outlay.base_url, call.but(body=written.ljust(limit + 1)))
    said = documented_of(api).troubles[Trouble.BODY_TOO_LARGE]
    assert (refused.status, documented_of(api).read_error(refused)[0]) == (said.status, said.code)
    for chunked in (True, False):
        again = longest.call(merchant)
        body = spelt_out(json.loads(again.body)).ljust(limit)
        answer = send(outlay.base_url, again.but(body=body, chunked=chunked))
        assert is_accepted(api, answer), answer


@pytest.mark.parametrize("endpoint", BODILESS)
def test_a_route_that_reads_no_body_takes_a_small_one(outlay: Server, scene: Scene, endpoint: str) -> None:
    good = GOOD[endpoint]
    limit = longest_body(good(scene))
    assert limit == 4_096
    small = b"{}".ljust(limit)
    call = (
        good(scene).but(body=small) if good.opens else scene.call_to(good.api, good.method, good.path, lambda _: small)
    )
    assert is_accepted(good.api, send(outlay.base_url, call))
    assert send(outlay.base_url, call.but(body=small + b" ")).status == 413
