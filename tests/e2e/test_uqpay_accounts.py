"""The accounts of a master over real HTTP, and the token that says whose it is: as the documents' calls and the
official client ask for them.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import uqpay as vendor
from uqpay.error import UQPayError
from uqpay.resources.connect.accounts import AccountsResource

from tests.apis.uqpay.calls import ACCOUNT_FIELDS, Family, official_client, open_family, refusal_of, wait_until_it_is
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server

pytestmark = pytest.mark.slow

UNKNOWN = (400, {"code": 400, "message": "account not found"})


@pytest.fixture(scope="module")
def family(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return open_family(outlay, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def stranger(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["uqpay"], funds={"BRL": "50.00"})


@pytest.fixture(scope="module")
def short_ids(outlay: Server, family: Family) -> dict[str, str]:
    shown = outlay.cli.json("account", "show", family.master_id)["family"]
    return {each["account_id"]: each["short_id"] for each in shown}


@pytest.fixture(scope="module")
def rich(outlay: Server, family: Family) -> UqpayMerchant:
    """A connected account with a key of its own."""
    return UqpayMerchant(outlay, outlay.cli.json("credential", "create", family.rich, "--dialect", "uqpay"))


@pytest.fixture(scope="module")
def client(outlay: Server, family: Family) -> Iterator[vendor.UQPayClient]:
    with official_client(outlay, family.uqpay.client_id, family.uqpay.api_key) as made:
        yield made


def told(answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.json()


def claims_of(token: str) -> dict[str, Any]:
    """As the official Node client reads them: three parts, base64url without padding, JSON."""
    parts = token.split(".")
    assert len(parts) == 3
    assert "=" not in token
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    return claims


# -- the list and one account -----------------------------------------------------------------------------------------


def test_the_documents_call_lists_the_connected_accounts(
    outlay: Server, family: Family, short_ids: dict[str, str]
) -> None:
    """A bare token and nothing else."""
    answer = send(outlay.base_url, Call("GET", family.uqpay.ACCOUNTS, {"x-auth-token": family.uqpay.token}))
    assert answer.status == 200
    page = answer.json()
    assert list(page) == ["total_pages", "total_items", "data"]
    assert (page["total_pages"], page["total_items"]) == (1, 2)
    assert [each["account_id"] for each in page["data"]] == [family.rich, family.poor]
    first = page["data"][0]
    assert list(first) == ACCOUNT_FIELDS
    assert first == {
        "account_id": family.rich,
        "short_reference_id": short_ids[family.rich],
        "business_code": ["ACQUIRING"],
        "email": "",
        "account_name": "Rich",
        "status": "ACTIVE",
        "verification_status": "APPROVED",
        "country": "BR",
        "entity_type": "COMPANY",
        "contact_details": {"email": "", "phone": ""},
    }
    assert family.uqpay.get(f"{family.uqpay.ACCOUNTS}/{family.rich}") == first | {"review_reason": ""}


def test_accounts_come_in_pages(family: Family) -> None:
    path = family.uqpay.ACCOUNTS
    pages = [family.uqpay.get(f"{path}?page_size=1&page_number={number}") for number in (1, 2, 3)]
    assert [[each["account_id"] for each in page["data"]] for page in pages] == [[family.rich], [family.poor], []]
    assert {(page["total_pages"], page["total_items"]) for page in pages} == {(2, 2)}
    for query, field in (
        ("page_size=101", "page_size"),
        ("page_size=0", "page_size"),
        ("page_number=0", "page_number"),
    ):
        status, error = told(family.uqpay.ask(f"{path}?{query}"))
        assert (status, error["code"], list(error)) == (400, 400, ["code", "message"])
        assert error["message"].startswith(field)


def test_a_closed_account_is_listed_as_such_and_a_status_filters(
    outlay: Server, family: Family, stranger: Merchant
) -> None:
    made = [
        outlay.cli.json("account", "create", name, "--country", "SG", "--parent", stranger.account_id)["account_id"]
        for name in ("Open", "Shut")
    ]
    outlay.cli("account", "close", made[1])
    path = stranger.uqpay.ACCOUNTS

    def found(query: str) -> list[str]:
        return [each["account_id"] for each in stranger.uqpay.get(f"{path}?{query}")["data"]]

    assert found("status=ACTIVE") == made[:1]
    assert found("status=CLOSED") == made[1:]
    assert found("status=PROCESSING") == []
    assert stranger.uqpay.get(f"{path}/{made[1]}")["status"] == "CLOSED"
    assert told(family.uqpay.ask(f"{family.uqpay.ACCOUNTS}/{made[0]}")) == UNKNOWN, "a stranger's"


def test_one_account_is_found_by_its_long_or_short_id(family: Family, short_ids: dict[str, str]) -> None:
    path = family.uqpay.ACCOUNTS
    for account in (family.master_id, family.rich, family.poor):
        for named in (account, account.upper(), short_ids[account], short_ids[account].lower()):
            for query in ("", "?business_code=", "?business_code=ACQUIRING"):
                assert family.uqpay.get(f"{path}/{named}{query}")["account_id"] == account
    assert told(family.uqpay.ask(f"{path}/{family.rich}?business_code=BANKING")) == UNKNOWN
    for named in (str(uuid4()), "x", "A", short_ids[family.rich][:-1], "%00", "A000000000000"):
        assert told(family.uqpay.ask(f"{path}/{named}")) == UNKNOWN


def test_a_connected_account_sees_its_siblings_and_itself_but_not_its_master(
    family: Family, rich: UqpayMerchant
) -> None:
    listed = rich.get(rich.ACCOUNTS)["data"]
    assert [each["account_id"] for each in listed] == [family.rich, family.poor]
    assert rich.get(f"{rich.ACCOUNTS}/{family.rich}")["account_name"] == "Rich"
    assert told(rich.ask(f"{rich.ACCOUNTS}/{family.master_id}")) == UNKNOWN


def test_on_whose_behalf_accounts_are_asked_for_changes_nothing_but_must_be_true(
    family: Family, stranger: Merchant, short_ids: dict[str, str]
) -> None:
    path = family.uqpay.ACCOUNTS
    plain = family.uqpay.get(path)
    for account in (family.poor, short_ids[family.poor], family.master_id):
        assert family.uqpay.get(path, account=account) == plain
    for account in (stranger.account_id, str(uuid4()), "x", "A000000000000"):
        answer = family.uqpay.ask(path, account=account)
        assert refusal_of(answer) == (400, "account_error", "sub_account_not_found")


def test_accounts_take_a_key_and_check_it(outlay: Server, family: Family) -> None:
    call = family.uqpay.call(family.uqpay.ACCOUNTS)
    assert send(outlay.base_url, call.headed({"x-idempotency-key": str(uuid4())})).status == 200
    wrong = send(outlay.base_url, call.headed({"x-idempotency-key": "a b"}))
    assert refusal_of(wrong) == (400, "idempotency_error", "invalid_key_format")
    other_method = told(send(outlay.base_url, Call("POST", family.uqpay.ACCOUNTS, call.headers, b"{}")))
    assert (other_method[0], other_method[1]["code"]) == (405, 405)


# -- short ids --------------------------------------------------------------------------------------------------------


def test_a_connected_account_is_addressed_by_its_long_or_short_id(family: Family, short_ids: dict[str, str]) -> None:
    made = family.uqpay.post(family.uqpay.CREATE, family.uqpay.order("1.00"), account=short_ids[family.rich])
    path = family.uqpay.PAYOUT + made["payout_id"]
    for account in (family.rich, short_ids[family.rich], short_ids[family.rich].lower()):
        assert family.uqpay.get(path, account=account)["payout_id"] == made["payout_id"]
    for account in ("", family.master_id, short_ids[family.master_id], short_ids[family.poor]):
        assert refusal_of(family.uqpay.ask(path, account=account)) == (400, "not_found", "payout_not_found")


def test_a_short_id_of_a_stranger_or_a_sibling_is_unknown(
    outlay: Server, family: Family, rich: UqpayMerchant, stranger: Merchant, short_ids: dict[str, str]
) -> None:
    foreign = outlay.cli.json("account", "show", stranger.account_id)["short_id"]
    for speaker, account in (
        (family.uqpay, foreign),
        (rich, short_ids[family.poor]),
        (rich, short_ids[family.master_id]),
        (stranger.uqpay, short_ids[family.rich]),
    ):
        answer = speaker.ask(speaker.BALANCES, account=account)
        assert refusal_of(answer) == (400, "account_error", "sub_account_not_found")


# -- a payout to the account that orders it ---------------------------------------------------------------------------


def test_a_payout_to_the_calling_account_is_completed_and_nothing_leaves(
    family: Family, short_ids: dict[str, str]
) -> None:
    for account, own in (("", family.master_id), (family.rich, family.rich)):
        before = family.payable(account)
        for named in (own, own.upper(), short_ids[own], short_ids[own].lower()):
            body = family.uqpay.order("7.00", payout_account_id=named)
            key = str(uuid4())
            payout = family.uqpay.post(family.uqpay.CREATE, body, key=key, account=account)
            done = wait_until_it_is("COMPLETED", family.uqpay, payout, account=account)
            assert done["payout_amount"] == "7.00"
            assert family.uqpay.post(family.uqpay.CREATE, body, key=key.upper(), account=account) == done
        assert family.payable(account) == before
        balance = family.uqpay.get(f"{family.uqpay.BALANCES}/BRL", account=account)
        assert (balance["pending_balance"], balance["available_balance"]) == ("0.00", before)


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_says_whose_it_is(outlay: Server, family: Family, rich: UqpayMerchant, short_ids: Any) -> None:
    answer = send(outlay.base_url, family.uqpay.token_call()).json()
    claims = claims_of(answer["auth_token"])
    assert claims == {
        "entity_id": family.master_id,
        "short_entity_id": short_ids[family.master_id],
        "parent_entity_id": "0",
        "client_id": family.uqpay.client_id,
        "api_version": "V1.6.0",
        "bus_type": "ACQUIRING",
        "exp": answer["expired_at"],
        "iat": answer["expired_at"] - 1800,
        "iss": "outlay",
        "jti": claims["jti"],
    }
    assert abs(claims["iat"] - time.time()) < 60
    own = claims_of(rich.token)
    assert (own["entity_id"], own["parent_entity_id"]) == (family.rich, family.master_id)
    assert own["short_entity_id"] == short_ids[family.rich]


@pytest.mark.parametrize("algorithm", ["none", "HS512", "RS256"])
def test_a_token_that_names_another_algorithm_is_no_token(outlay: Server, family: Family, algorithm: str) -> None:
    _, claims, mac = family.uqpay.token.split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).decode().rstrip("=")
    for forged in (f"{header}.{claims}.{mac}", f"{header}.{claims}.", f"{family.uqpay.token}="):
        call = Call("GET", family.uqpay.BALANCES, {"x-auth-token": f"Bearer {forged}"})
        assert told(send(outlay.base_url, call)) == (401, {"error": "token has expired"})


# -- the official client ----------------------------------------------------------------------------------------------


def test_the_client_has_its_account_context(
    client: vendor.UQPayClient, family: Family, short_ids: dict[str, str]
) -> None:
    client.payment.balances.list()
    assert client.account_id == family.master_id
    assert client.short_account_id == short_ids[family.master_id]
    assert client.parent_account_id == "0"


def test_the_client_lists_and_retrieves_connected_accounts(client: vendor.UQPayClient, family: Family) -> None:
    page = client.connect.accounts.list({"page_number": 1, "page_size": 10})
    assert [each["account_id"] for each in page["data"]] == [family.rich, family.poor]
    found = client.connect.accounts.retrieve(family.poor)
    assert found == page["data"][1] | {"review_reason": ""}
    with pytest.raises(UQPayError) as caught:
        client.connect.accounts.retrieve(str(uuid4()))
    assert caught.value.http_status == 400
    assert {"list", "retrieve"} <= {name for name in vars(AccountsResource) if not name.startswith("_")}
