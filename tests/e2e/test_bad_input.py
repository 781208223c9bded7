"""What is no request to any API, over real HTTP: paths that are none (what is no HTTP at all: tests/front).

What every API promises of a bad request to it is played by tests.apis.exercise, its fields by tests/apis/*/rules.
"""

from __future__ import annotations

import pytest

from outlay.dialects import all_dialects
from outlay.wire.problems import Trouble
from tests.apis.found import all_names, documented_of
from tests.e2e.raw_http import send
from tests.e2e.scene import Refused, Scene

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("api", all_names())
def test_a_slash_that_is_escaped_is_no_border_in_a_path(scene: Scene, api: str) -> None:
    call = scene.call(api, "create")
    no_such_path = documented_of(api).troubles[Trouble.NO_SUCH_PATH]
    _, first, *middle, last = call.target.split("/")
    for slash in ("%2f", "%2F"):
        scene.refuse(api, call.but(target="/".join(["", first, *middle]) + slash + last), no_such_path)
        outside = send(scene.outlay.base_url, call.but(target="/" + slash.join([first, *middle, last])))
        assert (outside.status, list(outside.json())) == (404, ["error"])


def test_a_path_outside_of_every_api_is_not_found(scene: Scene) -> None:
    prefixes = [prefix for dialect in all_dialects().values() for prefix in dialect.prefixes]
    near = [path for prefix in prefixes for path in (prefix.rstrip("/"), f"{prefix.upper()}payout", f"/{prefix}")]
    call = scene.call(all_names()[0], "create")
    for target in ("/", "/api", "/api/", "/nothing", "/health/x", *near):
        answer = send(scene.outlay.base_url, call.but(target=target))
        assert (answer.status, list(answer.json())) == (404, ["error"])


# -- what a path names ----------------------------------------------------------------------------------------------

NO_PAYOUTS = ("PO1", "po1", "PO01", "PO" + "9" * 30, "PO%00", "%00", "%F0%9F%92%B8", "x" * 9_000)


@pytest.mark.parametrize("payout_id", NO_PAYOUTS, ids=lambda value: value[:20])
def test_uqpay_does_not_find_what_is_no_payout(scene: Scene, payout_id: str) -> None:
    call = scene.merchant.uqpay.call(scene.merchant.uqpay.PAYOUT + payout_id)
    scene.refuse("uqpay", call, Refused(400, ("not_found", "payout_not_found")))


def test_uqpay_finds_a_payout_however_its_path_is_spelt_and_no_other(scene: Scene) -> None:
    speaker = scene.merchant.uqpay
    payout_id = scene.answers["uqpay"].json()["payout_id"]
    escaped = speaker.PAYOUT + "".join(f"%{ord(char):02X}" for char in payout_id)
    assert speaker.get(escaped)["payout_id"] == payout_id
    twice = speaker.PAYOUT + payout_id.replace("PO", "%2550%254F")
    scene.refuse("uqpay", speaker.call(twice), Refused(400, ("not_found", "payout_not_found")))


@pytest.mark.parametrize("currency", ["brl", "BRL%20", "%00", "B" * 9_000, "%ff"], ids=lambda value: value[:20])
def test_uqpay_does_not_find_a_balance_that_was_never_used(scene: Scene, currency: str) -> None:
    call = scene.merchant.uqpay.call(f"{scene.merchant.uqpay.BALANCES}/{currency}")
    scene.refuse("uqpay", call, Refused(400, ("not_found", "balance_not_found")))
