"""Requests that come twice, in one API or in several, and many at once.

A resend of an order that was accepted never earns an answer that sounds final, whatever else has changed meanwhile.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path

import pytest

from outlay.core.refusal import Refusal
from tests.apis.contract import Code
from tests.apis.found import all_names, documented_of
from tests.apis.seen import only
from tests.apis.software import new_reference
from tests.e2e.merchants import open_merchant
from tests.e2e.observer import wait_for
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.scene import Refused, Scene, is_accepted
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

AT_ONCE = 20


# -- duplicates -----------------------------------------------------------------------------------------------------


def test_a_reference_of_one_api_is_taken_in_the_others(scene: Scene) -> None:
    for api, other in permutations(all_names(), 2):
        documented = documented_of(api)
        making = documented.create(scene.references[other], "10.00")
        scene.refuse(api, scene.merchant.speaker(api).made(making), documented.used_elsewhere)


# -- nonces ---------------------------------------------------------------------------------------------------------


def test_a_nonce_is_spent_by_a_good_signature_only_and_then_whatever_follows(scene: Scene) -> None:
    speaker = scene.merchant.teemopay
    body = {"merchantOrderNo": scene.references["teemopay"]}
    good = speaker.call(speaker.QUERY, body)
    bad = good.but(body=good.body.replace(b'"merchantOrderNo"', b'"merchantorderno"'))
    for _ in range(2):
        scene.refuse("teemopay", bad, Refused(200, 414, "sign verification failed"))
    assert is_accepted("teemopay", send(scene.outlay.base_url, good))
    # Well signed but wrong in a field: the nonce is spent all the same.
    wrong = speaker.call(speaker.QUERY, {"merchantOrderNo": "a b"})
    scene.refuse("teemopay", wrong, Refused(200, 414, "merchantOrderNo must be letters, digits, _ and - only"))
    scene.refuse("teemopay", wrong, Refused(200, 414, "nonce repeated"))


def all_at_once(scene: Scene, calls: list[Call]) -> list[Answer]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: send(scene.outlay.base_url, call), calls))


def test_of_many_orders_with_one_reference_exactly_one_is_accepted(scene: Scene) -> None:
    """Each is signed anew, so no nonce protects; the reference does."""
    before = scene.observer.count("payouts")
    for api in all_names():
        documented, speaker, reference = documented_of(api), scene.merchant.speaker(api), new_reference()
        answers = all_at_once(scene, [speaker.made(documented.create(reference, "1.00")) for _ in range(AT_ONCE)])
        accepted = [answer for answer in answers if documented.is_success(answer)]
        assert len({only(documented.read_created(answer)).payout_id for answer in accepted}) == 1
        assert len(accepted) == 1 or documented.same_again is None
        said = documented.same_again or documented.still_running
        refused = [answer for answer in answers if not documented.is_success(answer)]
        assert said is not None or not refused
        assert {told(api, answer) for answer in refused} <= {(said.status, said.code) if said else ()}
    assert scene.observer.count("payouts") == before + len(all_names())
    scene.settle()


def told(api: str, answer: Answer) -> tuple[int, Code]:
    return answer.status, documented_of(api).read_error(answer)[0]


# -- a resend -------------------------------------------------------------------------------------------------------


def test_a_resend_without_money_left_is_a_duplicate_and_never_a_refusal(outlay: Server, tmp_path: Path) -> None:
    orders = {api: new_reference() for api in all_names()}
    in_each = Counter(documented_of(api).currency for api in orders)
    funds = {currency: f"{10 * many}.00" for currency, many in in_each.items()}
    merchant = open_merchant(outlay, tmp_path, dialects=all_names(), funds=funds)

    def ordered(api: str, reference: str, amount: str = "10.00") -> Answer:
        return send(outlay.base_url, merchant.speaker(api).made(documented_of(api).create(reference, amount)))

    made = {api: only(documented_of(api).read_created(ordered(api, reference))) for api, reference in orders.items()}
    for api in orders:
        said = documented_of(api).refusals[Refusal.INSUFFICIENT_BALANCE]
        assert told(api, ordered(api, new_reference(), "0.01")) == (said.status, said.code)

    def see_repeats() -> None:
        for api, reference in orders.items():
            said, again = documented_of(api).same_again, ordered(api, reference)
            if said is None:
                assert only(documented_of(api).read_created(again)).payout_id == made[api].payout_id
            else:
                assert told(api, again) == (said.status, said.code)

    see_repeats()
    listing = ("payout", "list", "--account", merchant.account_id, "--state", "paid")
    wait_for(lambda: len(outlay.cli.json(*listing)["payouts"]) == len(orders))
    see_repeats()
