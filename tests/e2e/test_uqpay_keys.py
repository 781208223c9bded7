"""UQPAY's idempotency keys over real HTTP: kept for ever, replayed as things are now, and never paid twice.

The trap: "request is processing" is told only while the first request really runs. So the account's row is locked from
beside, as a slow database would hold it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from tests.apis.uqpay.calls import (
    Family,
    bank_account,
    official_client,
    open_family,
    refusal_of,
    transfer,
    wait_until_it_is,
)
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import Observer, observing, wait_for
from tests.e2e.raw_http import Answer, Call, send, sent
from tests.e2e.server import Server
from tests.rules.breaks import edit
from tests.rules.claims import claims

pytestmark = pytest.mark.slow

KINDS = ("payout", "bank account", "update", "transfer")
RUNNING = (400, {"code": 400, "message": "request is processing"})
WAITS = "select count(*) from pg_locks where not granted"


@pytest.fixture(scope="module")
def family(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return open_family(outlay, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def observer(outlay: Server) -> Iterator[Observer]:
    with observing(outlay) as seen:
        yield seen


@pytest.fixture(scope="module")
def bodies(family: Family) -> dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Of each endpoint that makes something: its path, a good body, another good one, and one that is refused."""
    uqpay = family.uqpay
    present = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account())
    return {
        "payout": (uqpay.CREATE, uqpay.order("1.00"), uqpay.order("1.01"), uqpay.order("0")),
        "bank account": (
            uqpay.BANK_ACCOUNT_CREATE,
            bank_account(),
            bank_account(bank_name="Itaú"),
            bank_account(swift_code="?"),
        ),
        "update": (
            f"{uqpay.BANK_ACCOUNTS}/{present['id']}",
            {"bank_name": "Itaú"},
            {"bank_name": "Bradesco"},
            {"currency": "USD"},
        ),
        "transfer": (
            uqpay.TRANSFERS,
            transfer(family.master_id, family.poor),
            transfer(family.master_id, family.poor, "6.00"),
            transfer(family.master_id, str(uuid4())),
        ),
    }


def mismatch(answer: Answer) -> str:
    status, kind, code = refusal_of(answer)
    assert (status, kind) == (400, "idempotency_error")
    return code


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_key_and_content_give_the_same_thing_once(family: Family, bodies: Any, kind: str) -> None:
    path, body, _, _ = bodies[kind]
    key, before = str(uuid4()), family.payable()
    first = family.uqpay.post(path, body, key=key)
    after = family.payable()
    assert (before == after) == (kind not in ("payout", "transfer"))
    for again in (body, dict(reversed(body.items())), json.dumps(body, indent=3).encode()):
        repeated = family.uqpay.post(path, again, key=key)
        stable = [name for name in repeated if name not in ("payout_status", "completed_time")]
        assert {name: repeated[name] for name in stable} == {name: first[name] for name in stable}
    assert family.payable() == after


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_key_with_other_content_is_a_mismatch_and_does_nothing(family: Family, bodies: Any, kind: str) -> None:
    path, body, other, wrong = bodies[kind]
    key = str(uuid4())
    family.uqpay.post(path, body, key=key)
    before = family.payable()
    for changed in (other, wrong, b"{", b"[]"):
        assert mismatch(family.uqpay.ask(path, changed, key=key)) == "key_mismatch_body"
    assert family.payable() == before


@pytest.mark.parametrize(("first", "second"), list(permutations(KINDS, 2)))
def test_the_same_key_on_another_endpoint_is_a_mismatch(family: Family, bodies: Any, first: str, second: str) -> None:
    key = str(uuid4())
    family.uqpay.post(*bodies[first][:2], key=key)
    before = family.payable()
    for body in bodies[second][1:]:
        assert mismatch(family.uqpay.ask(bodies[second][0], body, key=key)) == "key_mismatch_api"
    assert family.payable() == before


def test_one_key_and_body_for_two_bank_accounts_is_a_mismatch(family: Family) -> None:
    uqpay = family.uqpay
    one, other = (uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account())["id"] for _ in range(2))
    key, body = str(uuid4()), {"bank_name": "Itaú"}
    uqpay.post(f"{uqpay.BANK_ACCOUNTS}/{one}", body, key=key)
    assert mismatch(uqpay.ask(f"{uqpay.BANK_ACCOUNTS}/{other}", body, key=key)) == "key_mismatch_body"


@pytest.mark.parametrize("kind", ["payout", "bank account"])
def test_the_same_key_on_another_account_of_the_family_is_a_mismatch(family: Family, bodies: Any, kind: str) -> None:
    path, body, _, _ = bodies[kind]
    for first, second in permutations(("", family.rich, family.poor), 2):
        if kind == "payout" and first == family.poor:
            continue  # it may have nothing to pay
        key = str(uuid4())
        family.uqpay.post(path, body, key=key, account=first)
        assert mismatch(family.uqpay.ask(path, body, key=key, account=second)) == "key_mismatch_account"


def test_keys_of_two_merchants_have_nothing_to_do_with_each_other(
    outlay: Server, family: Family, tmp_path: Any
) -> None:
    stranger: Merchant = open_merchant(outlay, tmp_path, dialects=["uqpay"], funds={"BRL": "10.00"})
    key, body = str(uuid4()), family.uqpay.order("1.00")
    mine = family.uqpay.post(family.uqpay.CREATE, body, key=key)
    theirs = stranger.uqpay.post(stranger.uqpay.CREATE, body, key=key)
    assert mine["payout_id"] != theirs["payout_id"]


@pytest.mark.parametrize("source", ["rich", "master_id"])
def test_a_transfer_is_repeated_from_whichever_account_it_was_given(family: Family, source: str) -> None:
    giver = getattr(family, source)
    body, key = transfer(giver, family.poor, "1.00"), str(uuid4())
    made = family.uqpay.post(family.uqpay.TRANSFERS, body, key=key)
    before = family.payable(family.poor)
    assert family.uqpay.post(family.uqpay.TRANSFERS, body, key=key) == made
    assert family.payable(family.poor) == before


def test_a_replay_shows_what_was_made_as_it_is_now(family: Family) -> None:
    uqpay = family.uqpay
    payout_key, account_key = str(uuid4()), str(uuid4())
    payout = uqpay.post(uqpay.CREATE, uqpay.order("1.00"), key=payout_key)
    done = wait_until_it_is("COMPLETED", uqpay, payout)
    assert uqpay.post(uqpay.CREATE, uqpay.order("1.00"), key=payout_key) == done
    made = uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account(), key=account_key)
    changed = uqpay.post(f"{uqpay.BANK_ACCOUNTS}/{made['id']}", {"bank_name": "Itaú"})
    assert uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account(), key=account_key) == changed != made


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_does_not_bind_its_key(family: Family, bodies: Any, kind: str) -> None:
    path, body, _, wrong = bodies[kind]
    key = str(uuid4())
    for refused in (wrong, b"{"):
        assert family.uqpay.ask(path, refused, key=key).status == 400
    family.uqpay.post(path, body, key=key)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_makes_something_must_bring_a_key_of_the_right_form(
    outlay: Server, family: Family, bodies: Any, kind: str
) -> None:
    call = family.uqpay.call(*bodies[kind][:2])
    missing = send(outlay.base_url, call.headed({"x-idempotency-key": None}))
    assert refusal_of(missing) == (400, "invalid_request_error", "missing_parameter")
    for key in ("", "a b", "x" * 65, "schlüssel"):
        assert mismatch(send(outlay.base_url, call.headed({"x-idempotency-key": key}))) == "invalid_key_format"
    assert send(outlay.base_url, call.headed({"x-idempotency-key": uuid4().hex * 2})).status == 200


# -- at once ----------------------------------------------------------------------------------------------------------


@contextmanager
def locked(observer: Observer, account: str) -> Iterator[None]:
    """Nobody can order anything on this account until this is left."""
    observer.rows("begin")
    try:
        observer.rows(f"select 1 from accounts where account_id = '{account}' for update")
        yield
    finally:
        observer.rows("rollback")


PROCESSING_ROW = claims(
    "uqpay",
    "text 400 request is processing",
    edit("dialects/uqpay/codes.py", "request is processing", "x", within="KEY_IN_PROGRESS"),
    edit("dialects/uqpay/codes.py", "400, 400,", "400, 409,", within="KEY_IN_PROGRESS"),
    edit("service/merchant/making.py", "Refusal.STILL_RUNNING", "Refusal.SAME_ACCOUNT", within="making"),
)


@pytest.mark.parametrize("kind", [pytest.param("payout", marks=PROCESSING_ROW), *KINDS[1:]])
def test_a_second_request_is_told_while_the_first_is_running(
    outlay: Server, family: Family, bodies: Any, observer: Observer, kind: str
) -> None:
    call: Call = family.uqpay.call(*bodies[kind][:2], key=str(uuid4()))
    with ExitStack() as opened:
        with locked(observer, family.master_id):
            # Sent here and now: what waits for the account may also be the bank's, of a payout before.
            first = opened.enter_context(sent(outlay.base_url, call.raw()))
            wait_for(lambda: observer.rows(WAITS)[0][0])
            for _ in range(2):
                second = send(outlay.base_url, call)
                assert (second.status, second.json()) == RUNNING
        answer = first()
    assert answer.status == 200, answer
    assert send(outlay.base_url, call).status == 200


def test_the_official_client_waits_for_the_first_and_gets_its_payout(
    outlay: Server, family: Family, observer: Observer
) -> None:
    uqpay, key = family.uqpay, str(uuid4())
    call = uqpay.call(uqpay.CREATE, uqpay.order("1.00"), key=key)
    with official_client(outlay, uqpay.client_id, uqpay.api_key) as client, ThreadPoolExecutor(2) as pool:
        client.payment.balances.list()  # it has its token
        size = observer.log_size()
        with locked(observer, family.master_id):
            first = pool.submit(send, outlay.base_url, call)
            wait_for(lambda: observer.rows(WAITS)[0][0])
            second = pool.submit(client.payment.payouts.create, uqpay.order("1.00"), {"idempotency_key": key})
            wait_for(lambda: "request is processing" in observer.log_since(size))
        assert second.result()["payout_id"] == first.result().json()["payout_id"]


@pytest.mark.parametrize("kind", ["payout", "transfer"])
def test_many_at_once_with_one_key_make_one(outlay: Server, family: Family, bodies: Any, kind: str) -> None:
    path, body, _, _ = bodies[kind]
    call = family.uqpay.call(path, body, key=str(uuid4()))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(outlay.base_url, call), range(24)))
    made = [answer.json() for answer in answers if answer.status == 200]
    others = [(answer.status, answer.json()) for answer in answers if answer.status != 200]
    assert len({each.get("payout_id") or each["transfer_id"] for each in made}) == 1
    assert all(other == RUNNING for other in others)
