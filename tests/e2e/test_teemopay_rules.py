"""TeemoPay's rules that nothing but a running server can show: what is used once, HTTP statuses, and trouble.

What an operator decides about an account is in test_teemopay_codes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from outlay.postgres import EmbeddedServer
from outlay.wire.dialect import Verified
from tests.apis.software import new_reference
from tests.apis.teemopay.merchant import TeemoPayMerchant
from tests.apis.teemopay.orders import order_in
from tests.apis.teemopay.periods import period
from tests.apis.teemopay.rules import desk
from tests.cli.cli_support import migrated_folder
from tests.e2e.limits import longest_body
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import observing, out_of_order
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server, quiet_folder
from tests.e2e.teemopay_claims import API, CODES, Said, asks, said
from tests.rules.breaks import edit, field
from tests.rules.claims import claims
from tests.support.routes import proved

pytestmark = pytest.mark.slow

ENVELOPE = "dialects/teemopay/envelope.py"
SCHEMA = "dialects/teemopay/schema.py"
GATEWAY = "api/gateway.py"
CALLS = 20
"""In a minute, at the server whose rate is low: so one comes back every three seconds."""

SHORT_LIMIT = 2048
"""Of its bodies: those come in one piece."""
OWN = {"OUTLAY_RATE_LIMIT": str(CALLS), "OUTLAY_BODY_LIMIT": str(SHORT_LIMIT)}


@pytest.fixture(scope="module")
def teemopay(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> TeemoPayMerchant:
    return merchant_of(outlay, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """Of these tests alone: its limits are low, and its database is broken on purpose."""
    with quiet_folder() as folder, Server(folder / "data", **OWN) as running:
        yield running


def merchant_of(server: Server, folder: Path) -> TeemoPayMerchant:
    return open_merchant(server, folder, dialects=["teemopay"], funds={"BRL": "1000.00"}).teemopay


def is_taken(answer: Answer) -> bool:
    return (answer.status, answer.json()["code"]) == (200, 200)


# -- what is used once ----------------------------------------------------------------------------------------------

REPEATED = Said(200, 414, "nonce repeated")
ONCE_BREAKS = (
    edit("store/guard.py", "if not nonces.spend(guard):", "if False:", within="check"),
    edit("dialects/teemopay/callers.py", "text), head.nonce, ", "text), None, ", within="verify"),
)


@claims(
    API,
    "header nonce",
    *ONCE_BREAKS,
    edit(SCHEMA, "{32}", "{32,33}", within="NONCE_FORM"),
    edit(SCHEMA, "{32}", "{31,32}", within="NONCE_FORM"),
    edit(SCHEMA, "24 * 3_600_000", "23 * 3_600_000", within="NONCE_LIFETIME_MS"),
)
def test_a_nonce_has_32_visible_characters_and_is_used_once_within_24_hours(
    outlay: Server, teemopay: TeemoPayMerchant
) -> None:
    for path, body in asks(teemopay):
        call = teemopay.call(path, body, nonce=uuid4().hex)
        assert is_taken(send(outlay.base_url, call))
        assert said(send(outlay.base_url, call)) == REPEATED
        for nonce in ("n" * 31, "n" * 33, "n" * 15 + " " + "n" * 16):
            assert said(send(outlay.base_url, teemopay.call(path, body, nonce=nonce))) == (200, 414, "nonce invalid")
        missing = teemopay.call(path, body).headed({"nonce": None})
        assert said(send(outlay.base_url, missing)) == (200, 414, "nonce is required")
    asking = desk.signed("BR", desk.BALANCE, {})
    verified = proved(desk.ROUTES[desk.BALANCE], asking, desk.credential_in("BR"), desk.NOW_MS)
    assert isinstance(verified, Verified)
    assert (verified.nonce, verified.nonce_until_ms) == (desk.NONCE, desk.NOW_MS + 86_400_000)


@claims(API, "text 414 nonce repeated", *ONCE_BREAKS, edit(CODES, "nonce repeated", "x", within="NONCE_REPEATED"))
def test_a_nonce_that_was_used_before_is_told(outlay: Server, teemopay: TeemoPayMerchant) -> None:
    nonce = uuid4().hex
    assert is_taken(send(outlay.base_url, teemopay.call(teemopay.BALANCE, {}, nonce=nonce)))
    for path, body in asks(teemopay):
        assert said(send(outlay.base_url, teemopay.call(path, body, nonce=nonce))) == REPEATED


@claims(
    API,
    "request POST /api/pay/payout/create/v1 merchantOrderNo",
    edit(SCHEMA, "32", "33", within="MERCHANT_ORDER_NO_LENGTH"),
    edit(SCHEMA, "32", "31", within="MERCHANT_ORDER_NO_LENGTH"),
    field("merchantOrderNo", pattern=None),
    field("merchantOrderNo", required=False),
    edit(
        "service/merchant/claims.py",
        "    if stored is None:\n        return None\n",
        "    return None\n",
        within="repeated_on",
    ),
)
def test_a_merchants_number_has_at_most_32_characters_and_makes_one_order_for_ever(teemopay: TeemoPayMerchant) -> None:
    longest = new_reference("_-9aZ").ljust(32, "x")
    assert len(longest) == 32
    body = order_in("BR", amount="1.00", reference=longest)
    assert teemopay.create(body)["merchantOrderNo"] == longest
    assert teemopay.query(longest)["merchantOrderNo"] == longest
    for again in (body, body | {"amount": "2.00"}, body | {"bankAccount": "1"}):
        assert said(teemopay.ask(teemopay.CREATE, again)) == (200, 426, "merchant order duplicate")
    wrong = {
        f"{longest}x": "must be at most 32 characters",
        "a b": "must be letters, digits, _ and - only",
        "a/b": "must be letters, digits, _ and - only",
        "é": "must be letters, digits, _ and - only",
        "": "is required",
        None: "is required",
        7: "must be a string",
    }
    for number, rule in wrong.items():
        refused = said(teemopay.ask(teemopay.CREATE, body | {"merchantOrderNo": number}))
        assert refused == (200, 414, f"merchantOrderNo {rule}"), number


# -- HTTP statuses --------------------------------------------------------------------------------------------------


@claims(
    API,
    "http 200",
    edit(CODES, "200", "400", within="_HTTP_OK"),
    edit(ENVELOPE, "return Response(200, _encode", "return Response(201, _encode", within="success"),
)
def test_what_could_be_read_is_http_200_whatever_the_code(teemopay: TeemoPayMerchant) -> None:
    for path, body in asks(teemopay):
        good = teemopay.ask(path, body)
        assert (good.status, good.json()["code"]) == (200, 200)
    refusals = {
        425: teemopay.ask(teemopay.CREATE, order_in("BR", amount="9999.00")),
        414: teemopay.ask(teemopay.CREATE, order_in("BR", amount="x")),
        455: teemopay.ask(teemopay.CREATE, order_in("BR", accountType=1)),
        400: teemopay.ask(teemopay.QUERY, {"merchantOrderNo": new_reference()}),
        600: teemopay.ask(teemopay.LIST, period(type="REFUND")),
    }
    for code, answer in refusals.items():
        assert (answer.status, answer.json()["code"]) == (200, code)


@claims(
    API,
    "http 400",
    edit(CODES, "Fault(400, _PARAMETER, text)", "Fault(200, _PARAMETER, text)", within="unreadable"),
    edit(CODES, "Fault(400, _PARAMETER, text)", "Fault(400, 400, text)", within="unreadable"),
)
def test_what_is_no_json_object_is_http_400(outlay: Server, teemopay: TeemoPayMerchant) -> None:
    bodies = {b"": "body is not valid JSON", b"{": "body is not valid JSON", b"[]": "body must be a JSON object"}
    for path, body in asks(teemopay):
        good = teemopay.call(path, body)
        for bad, text in bodies.items():
            assert said(send(outlay.base_url, good.but(body=bad))) == (400, 414, text)
        assert is_taken(send(outlay.base_url, good))


@claims(
    API,
    "http 404",
    edit(CODES, "404", "200", within="_NO_SUCH_PATH"),
    edit(CODES, "no such path", "x", within="_NO_SUCH_PATH"),
    edit(GATEWAY, "            return Trouble.NO_SUCH_PATH\n", "            return Trouble.WRONG_METHOD\n"),
)
def test_a_path_that_is_not_served_is_http_404(outlay: Server, teemopay: TeemoPayMerchant) -> None:
    for path, body in asks(teemopay):
        good = teemopay.call(path, body)
        for target in (f"{path}/", f"{path}x", f"{path}/v2", "/api/pay/", "/api/pay/payment/create/v1"):
            assert said(send(outlay.base_url, good.but(target=target))) == (404, 414, "no such path")
        assert is_taken(send(outlay.base_url, good))


@claims(
    API,
    "http 405",
    edit(CODES, "405", "200", within="_WRONG_METHOD"),
    edit(CODES, "method must be POST", "x", within="_WRONG_METHOD"),
    edit(GATEWAY, 'return _with_header(said, "allow", ', 'return _with_header(said, "x-allow", '),
)
def test_another_method_than_post_is_http_405(outlay: Server, teemopay: TeemoPayMerchant) -> None:
    for path, body in asks(teemopay):
        good = teemopay.call(path, body)
        for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = send(outlay.base_url, good.but(method=method))
            assert said(answer) == (405, 414, "method must be POST")
            assert answer.headers.get("allow") == "POST"
        assert is_taken(send(outlay.base_url, good))


@claims(
    API,
    "http 413",
    edit(CODES, "413", "200", within="_BODY_TOO_LARGE"),
    edit(CODES, "body too large", "x", within="_BODY_TOO_LARGE"),
    edit("api/app.py", "if size <= limit else Trouble.BODY_TOO_LARGE", ""),
    edit("api/app.py", "if size <= limit else Trouble.BODY_TOO_LARGE", "if size < limit else Trouble.BODY_TOO_LARGE"),
    edit("api/app.py", "min(longest, self._body_limit)", "longest"),
    edit("api/app.py", "min(longest, self._body_limit)", "self._body_limit"),
)
def test_a_body_over_the_limit_is_http_413_however_it_comes(
    outlay: Server, own: Server, teemopay: TeemoPayMerchant, tmp_path: Path
) -> None:
    for chunked in (False, True):
        for path, body in asks(teemopay):
            call = teemopay.call(path, body)
            see_limit(outlay, call, longest_body(call), chunked)
    poor = merchant_of(own, tmp_path)
    for chunked in (False, True):
        see_limit(own, poor.call(poor.BALANCE, {}), SHORT_LIMIT, chunked)


def see_limit(server: Server, call: Call, limit: int, chunked: bool) -> None:
    """Spaces are good JSON, so nothing but the size is wrong."""
    too_large = call.but(body=call.body.ljust(limit + 1), chunked=chunked)
    assert said(send(server.base_url, too_large)) == (413, 414, "body too large")
    assert is_taken(send(server.base_url, call.but(body=call.body.ljust(limit), chunked=chunked)))


@claims(
    API,
    "http 415",
    edit(CODES, "415", "200", within="_BODY_ENCODED"),
    edit(CODES, "body must not be compressed: leave out Content-Encoding", "x", within="_BODY_ENCODED"),
    edit(GATEWAY, 'not in ("", "identity")', 'not in ("", "identity", "gzip")', within="Gateway._find"),
    edit(GATEWAY, 'not in ("", "identity")', 'not in ("",)', within="Gateway._find"),
)
def test_a_compressed_body_is_http_415(outlay: Server, teemopay: TeemoPayMerchant) -> None:
    for path, body in asks(teemopay):
        good = teemopay.call(path, body)
        for encoding in ("gzip", "br", "deflate", "zstd"):
            refused = said(send(outlay.base_url, good.headed({"content-encoding": encoding})))
            assert refused == (415, 414, "body must not be compressed: leave out Content-Encoding")
        assert is_taken(send(outlay.base_url, good.headed({"content-encoding": "identity"})))


# -- trouble --------------------------------------------------------------------------------------------------------


def until_refused(server: Server, teemopay: TeemoPayMerchant) -> tuple[int, Answer]:
    """How many calls at once were taken, and the answer to the next."""
    for taken in range(3 * CALLS):
        answer = send(server.base_url, teemopay.call(teemopay.BALANCE, {}))
        if not is_taken(answer):
            return taken, answer
        assert "retry-after" not in answer.headers
    raise AssertionError("there is no end of calls")


@claims(
    API,
    "header of the answer retry-after",
    edit(
        GATEWAY, 'return _with_header(said, "retry-after", str(wait_s))', "return said", within="Gateway._serve_known"
    ),
    edit(GATEWAY, '"retry-after", str(wait_s))', '"retry-after", str(wait_s * 60))', within="Gateway._serve_known"),
    edit("api/rates.py", "return 0 if may_go else", "return 0 if True else", within="Rates.take"),
)
def test_who_calls_too_often_is_told_the_seconds_to_wait_and_then_may_go_on(own: Server, tmp_path: Path) -> None:
    teemopay = merchant_of(own, tmp_path)
    taken, refused = until_refused(own, teemopay)
    assert CALLS <= taken <= CALLS + 5, "a few came back meanwhile"
    wait_s = int(refused.headers.get("retry-after", "0"))
    assert 1 <= wait_s <= 3
    time.sleep(wait_s)
    assert is_taken(teemopay.ask(teemopay.BALANCE, {}))


TRY_LATER = Said(200, 412, "Please try again later")
NOTHING_WAS_DONE = Said(200, 412, "Please try again later: nothing was done, send it again")


@claims(
    API,
    "code 412",
    edit(CODES, "412", "999", within="TRY_LATER"),
    edit(CODES, "return _NOT_CARRIED_OUT", "return INTERNAL_ERROR", within="trouble"),
    edit("api/rates.py", "return 0 if may_go else", "return 0 if True else", within="Rates.take"),
)
def test_too_many_calls_and_a_database_that_is_gone_are_412(tmp_path: Path) -> None:
    with quiet_folder() as folder, ExitStack() as until_stopped:
        database = until_stopped.enter_context(EmbeddedServer(migrated_folder(folder / "elsewhere")))
        server = Server(folder / "data", DATABASE_URL=database.endpoint.url, OUTLAY_RATE_LIMIT=str(CALLS))
        server.cli("migrate")
        with server:
            busy, quiet = merchant_of(server, tmp_path), merchant_of(server, tmp_path)
            _taken, refused = until_refused(server, busy)
            assert said(refused) == TRY_LATER
            for path, body in asks(quiet):
                assert is_taken(quiet.ask(path, body))
            until_stopped.close()
            for path, body in asks(quiet):
                assert said(quiet.ask(path, body)) == NOTHING_WAS_DONE


OF_500 = {
    "code 500": edit(CODES, "500, 500", "500, 999", within="INTERNAL_ERROR"),
    "http 500": edit(CODES, "500, 500", "200, 500", within="INTERNAL_ERROR"),
}
INTERNAL = edit(
    CODES,
    "        case Trouble.INTERNAL:\n            return INTERNAL_ERROR\n",
    "        case Trouble.INTERNAL:\n            return TRY_LATER\n",
)


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row, marks=claims(API, row, other, INTERNAL)) for row, other in OF_500.items()]
)
def test_a_fault_inside_is_500_at_every_endpoint(own: Server, tmp_path: Path, row: str) -> None:
    """Each endpoint, while a table that it needs is out of order."""
    teemopay = merchant_of(own, tmp_path)
    with observing(own) as observer:
        for path, body in asks(teemopay):
            assert is_taken(teemopay.ask(path, body))
        calls = [teemopay.call(path, body) for path, body in asks(teemopay)]
        with out_of_order(observer.rows, "claims", "balances", "payouts"):
            answers = [said(send(own.base_url, call)) for call in calls]
    assert answers == [(500, 500, "Business Error")] * 4, row
    assert is_taken(teemopay.ask(teemopay.BALANCE, {}))
