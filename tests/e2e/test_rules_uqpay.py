"""The rules of UQPAY that only the books can tell: whose account is addressed or paid, and which key was used before.

Each test shows what is taken and what is refused, with the whole answer. The rules that a request alone can break are
shown in tests/apis/uqpay/rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.apis.uqpay.calls import Family, bank_account, open_family, transfer, wait_until_it_is
from tests.apis.uqpay.family import NO_FAMILY, NO_PAYEE, NO_SUB, Desk, short_of, wrong
from tests.e2e.merchants import Merchant, open_merchant
from tests.e2e.observer import Observer, observing, wait_for
from tests.e2e.raw_http import sent
from tests.e2e.server import Server
from tests.rules.breaks import edit, field
from tests.rules.claims import claims

pytestmark = pytest.mark.slow

CREATE = "POST /api/v2/payment/payout/create"
TRANSFER_CREATE = "POST /api/v1/transfer"
CODES = "dialects/uqpay/codes.py"
CALLERS = "dialects/uqpay/callers.py"
FIELDS = "dialects/uqpay/values/fields.py"
CONTENT = "dialects/uqpay/values/content.py"
ENVELOPE = "dialects/uqpay/envelope.py"
ACCOUNT = "core/account.py"
ACCOUNTS = "store/accounts.py"

# Breaks: whoever is named is taken for an account of the caller's.
UNSCOPED = edit(
    "store/read/reader.py", "(asked.parent_id is null or a.parent_id = asked.parent_id)", "true", within="_asked"
)
UNRELATED = edit(ACCOUNTS, "(account_id = $1 or parent_id = $1)", "($1::uuid is not null)", within="_RELATIVE")


@pytest.fixture(scope="module")
def family(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return open_family(outlay, tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def desk(outlay: Server, family: Family) -> Desk:
    return Desk(outlay, family)


@pytest.fixture(scope="module")
def stranger(outlay: Server, tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    return open_merchant(outlay, tmp_path_factory.mktemp("keys"), dialects=["uqpay"], funds={"BRL": "50.00"})


def money(family: Family, account: str = "") -> Decimal:
    """What the account can pay out."""
    return Decimal(family.payable(account) or 0)


# -- on behalf of -----------------------------------------------------------------------------------------------------


@claims(
    "uqpay",
    "header x-on-behalf-of",
    UNSCOPED,
    edit(CODES, "must be the account_id of", "x", within="SUB_ACCOUNT_NOT_FOUND"),
)
def test_a_connected_account_of_ones_own_is_addressed_and_no_other(
    desk: Desk, family: Family, stranger: Merchant
) -> None:
    rich = desk.balance(family.rich)
    assert (rich[0], rich[1].get("payable_balance")) == (200, family.payable(family.rich))
    assert rich != desk.balance(None)
    for other in (stranger.account_id, short_of(stranger.account_id), str(uuid4()), "x", f"{family.rich}0"):
        assert desk.balance(other) == NO_SUB
        assert desk.order(account=other) == NO_SUB


@claims(
    "uqpay",
    "form x-on-behalf-of long",
    edit(ACCOUNT, "re.I | re.A", "re.A", within="_LONG_FORM"),
    edit(ACCOUNT, "[0-9a-f]{8}-[0-9a-f]{4}-", "[0-9a-f]{8}-?[0-9a-f]{4}-?", within="_LONG_FORM"),
)
def test_an_account_is_addressed_by_its_uuid_in_any_case(desk: Desk, family: Family) -> None:
    rich = desk.balance(family.rich)
    assert rich[0] == 200
    assert desk.balance(family.rich.upper()) == rich
    for other in (family.rich.replace("-", "", 1), family.rich[:-1], f"{{{family.rich}}}", f"urn:uuid:{family.rich}"):
        assert desk.balance(other) == NO_SUB


@claims(
    "uqpay",
    "form x-on-behalf-of short",
    edit(ACCOUNT, "re.I | re.A", "re.A", within="_SHORT_FORM"),
    edit("api/gateway.py", "if isinstance(addressed, str):", "if False:", within="Gateway._serve_known"),
)
def test_an_account_is_addressed_by_its_short_id_in_any_case(desk: Desk, family: Family, stranger: Merchant) -> None:
    rich, short = desk.balance(family.rich), short_of(family.rich)
    assert rich[0] == 200
    assert desk.balance(short) == rich
    assert desk.balance(short.lower()) == rich
    assert desk.balance(short_of(family.master_id)) == desk.balance("")
    for other in (short[1:], short[:-1], f"{short}0", f"B{short[1:]}", short_of(stranger.account_id)):
        assert desk.balance(other) == NO_SUB


@claims(
    "uqpay",
    "form x-on-behalf-of empty",
    edit(CALLERS, "if not addressed:", "if schema.ON_BEHALF_OF not in request.headers:", within="_addressed"),
)
def test_nobody_or_nothing_addressed_is_the_master_itself(desk: Desk, family: Family) -> None:
    master = desk.balance(family.master_id)
    assert master[0] == 200
    for nothing in (None, "", "  "):
        assert desk.balance(nothing) == master
    for something in ("0", "-", "null"):
        assert desk.balance(something) == NO_SUB


# -- accounts that are paid to ----------------------------------------------------------------------------------------


@claims(
    "uqpay",
    f"request {CREATE} payout_account_id",
    UNRELATED,
    field("payout_account_id", longest=65),
    field("payout_account_id", longest=63),
    edit(
        "dialects/uqpay/values/orders.py",
        "if target else OWN_ACCOUNT",
        "if False else OWN_ACCOUNT",
        within="read_order",
    ),
)
def test_a_payout_goes_to_the_calling_account_or_another_own_one(
    desk: Desk, family: Family, stranger: Merchant
) -> None:
    before, poor = money(family), money(family, family.poor)
    status, payout = desk.order("3.00", payout_account_id=family.poor)
    assert status == 200
    wait_until_it_is("COMPLETED", family.uqpay, payout)
    assert money(family, family.poor) == poor + 3
    status, own = desk.order("2.00", payout_account_id=family.master_id)
    assert status == 200
    wait_until_it_is("COMPLETED", family.uqpay, own)
    assert money(family) == before - 3
    for nobody in (stranger.account_id, str(uuid4()), "nobody", "x" * 64):
        assert desk.order(payout_account_id=nobody) == NO_PAYEE
    wrong_field = ("invalid_request_error", "invalid_parameter")
    too_long = wrong(*wrong_field, "payout_account_id must be at most 64 characters")
    assert desk.order(payout_account_id="x" * 65) == too_long
    assert desk.order(payout_account_id=7) == wrong(*wrong_field, "payout_account_id must be a string")
    assert desk.is_ordered(payout_account_id="")
    assert desk.is_ordered(payout_account_id=None)


@claims("uqpay", f"form {CREATE} payout_account_id long", edit(ACCOUNT, "re.I | re.A", "re.A", within="_LONG_FORM"))
def test_an_account_is_paid_by_its_uuid_in_any_case(desk: Desk, family: Family) -> None:
    for named in (family.poor, family.poor.upper()):
        assert desk.is_ordered(payout_account_id=named)
    for other in (family.poor.replace("-", ""), family.poor[:-1], f"{{{family.poor}}}"):
        assert desk.order(payout_account_id=other) == NO_PAYEE


@claims("uqpay", f"form {CREATE} payout_account_id short", edit(ACCOUNT, "re.I | re.A", "re.A", within="_SHORT_FORM"))
def test_an_account_is_paid_by_its_short_id_in_any_case(desk: Desk, family: Family) -> None:
    short = short_of(family.poor)
    for named in (short, short.lower()):
        assert desk.is_ordered(payout_account_id=named)
    for other in (short[1:], short[:-1], f"{short}0", f"B{short[1:]}"):
        assert desk.order(payout_account_id=other) == NO_PAYEE


# -- accounts of a transfer -------------------------------------------------------------------------------------------


def check_ends(desk: Desk, name: str, good: str, others: tuple[str, ...], bad: dict[str, object]) -> None:
    """`good` is one end of a transfer by any of its names; `others` are nobody's that the caller may name; `bad` are
    values that no account has, with what is told of them."""
    uqpay, family = desk.uqpay, desk.family

    def given(value: object) -> tuple[int, object]:
        body = transfer(family.master_id, family.rich, "1.00") | {name: value}
        answer = uqpay.ask(uqpay.TRANSFERS, body)
        return answer.status, answer.json()

    for named in (good, good.upper(), short_of(good), short_of(good).lower()):
        status, made = given(named)
        assert (status, list(made)) == (200, ["transfer_id", "short_reference_id"])
    for other in (*others, str(uuid4()), "nobody", "x" * 64):
        assert given(other) == NO_FAMILY
    for nothing in (None, "", " "):
        assert given(nothing) == wrong("invalid_request_error", "missing_parameter", f"{name} is required")
    for words, value in bad.items():
        assert given(value) == wrong("invalid_request_error", "invalid_parameter", f"{name} {words}")


BAD = {"must be at most 64 characters": "x" * 65, "must be a string": 7}


@claims(
    "uqpay",
    f"request {TRANSFER_CREATE} source_account_id",
    field("source_account_id", longest=65),
    field("source_account_id", longest=63),
    field("source_account_id", required=False),
    edit("service/merchant/transfers.py", " and caller.guard.account_id in", " or () and None in", within="_source_of"),
)
def test_a_transfer_takes_from_an_account_of_the_family(
    outlay: Server, desk: Desk, family: Family, stranger: Merchant
) -> None:
    check_ends(desk, "source_account_id", family.master_id, (stranger.account_id, family.rich), BAD)
    # A connected account's own key reaches only its own money.
    own = type(family.uqpay)(outlay, outlay.cli.json("credential", "create", family.poor, "--dialect", "uqpay"))
    answer = own.ask(own.TRANSFERS, transfer(family.rich, family.poor, "1.00"))
    assert (answer.status, answer.json()) == NO_FAMILY


@claims(
    "uqpay",
    f"request {TRANSFER_CREATE} target_account_id",
    UNRELATED,
    field("target_account_id", longest=65),
    field("target_account_id", longest=63),
    field("target_account_id", required=False),
    edit(
        "service/merchant/transfers.py",
        "if target.account_id == source.account_id:",
        "if False:",
        within="transfer",
    ),
)
def test_a_transfer_gives_to_another_account_of_the_family(desk: Desk, family: Family, stranger: Merchant) -> None:
    check_ends(desk, "target_account_id", family.rich, (stranger.account_id, family.master_id), BAD)


# -- keys -------------------------------------------------------------------------------------------------------------


def keyed(desk: Desk, key: str | None, amount: str = "1.00", **fields: Any) -> tuple[int, dict[str, str]]:
    call = desk.uqpay.call(desk.uqpay.CREATE, desk.uqpay.order(amount, **fields))
    return desk.send(call.headed({"x-idempotency-key": key}))


@claims(
    "uqpay",
    "header POST x-idempotency-key",
    edit(FIELDS, "return key.lower(), tuple(", "return key, (key,) or tuple(", within="key_reference"),
    edit("dialects/uqpay/schema.py", "64", "65", within="IDEMPOTENCY_KEY_LONGEST"),
    edit("dialects/uqpay/schema.py", "64", "63", within="IDEMPOTENCY_KEY_LONGEST"),
    edit(CALLERS, "return codes.KEY_MISSING", 'key = "x"', within="verify_post"),
    edit("service/merchant/claims.py", "    if stored is None:", "    if True:", within="repeated_on"),
)
def test_an_order_has_a_key_of_visible_characters_and_is_made_once_under_it(desk: Desk, family: Family) -> None:
    uuid = str(uuid4())
    for key, again in (
        (uuid, uuid.upper()),
        (str(uuid4()).upper(), ""),
        (uuid4().hex * 2, ""),
        ("!~" + uuid4().hex, ""),
    ):
        status, made = keyed(desk, key)
        assert status == 200
        before = money(family)
        for same in (key, again or key):
            status, repeated = keyed(desk, same)
            assert (status, repeated.get("payout_id")) == (200, made["payout_id"])
        assert money(family) == before
    other = keyed(desk, str(uuid4()))[1]
    assert other.get("payout_id", made["payout_id"]) != made["payout_id"]
    words = "x-idempotency-key must be 1 to 64 visible ASCII characters"
    for bad in ("", uuid4().hex * 2 + "x", "a b", "schlüssel"):
        assert keyed(desk, bad) == wrong("idempotency_error", "invalid_key_format", words)
    assert keyed(desk, None) == wrong("invalid_request_error", "missing_parameter", "x-idempotency-key is required")


@claims(
    "uqpay",
    "code idempotency_error key_mismatch_body",
    edit(CODES, "key_mismatch_body", "x", within="KEY_OTHER_BODY"),
    edit(CODES, "with another body", "x", within="KEY_OTHER_BODY"),
    edit(
        "service/merchant/claims.py",
        "return stored.digest == claim.digest or (",
        "return True or (",
        within="_is_same_content",
    ),
    edit(CONTENT, "in sorted(value)]", 'in sorted(value) if key != "payout_account_id"]', within="_canonical"),
)
def test_a_key_that_was_used_with_another_body_makes_nothing(desk: Desk, family: Family) -> None:
    other_body = wrong("idempotency_error", "key_mismatch_body", "x-idempotency-key was used before with another body")
    key = str(uuid4())
    made = keyed(desk, key, "1.00")[1]
    before = money(family)
    for amount in ("1.01", "1.0", "0", "x"):
        assert keyed(desk, key, amount) == other_body
    for name in ("payout_currency", "statement_descriptor", "internal_note", "payout_account_id", "extra"):
        for value in (family.poor, "", None):
            assert keyed(desk, key, "1.00", **{name: value}) == other_body, (name, value)
    assert money(family) == before
    status, same = keyed(desk, key, "1.00")
    assert (status, same.get("payout_id")) == (200, made["payout_id"])


@claims(
    "uqpay",
    "code idempotency_error key_mismatch_api",
    edit(CODES, "key_mismatch_api", "x", within="KEY_OTHER_API"),
    edit(CODES, "on another endpoint", "x", within="KEY_OTHER_API"),
    edit(ENVELOPE, "if answer.same_operation else", "if True else", within="_write_repeated"),
)
def test_a_key_that_was_used_on_another_endpoint_makes_nothing(desk: Desk, family: Family) -> None:
    uqpay, before = desk.uqpay, money(family)
    key, bank_key = str(uuid4()), str(uuid4())
    status, made = keyed(desk, key)
    uqpay.post(uqpay.BANK_ACCOUNT_CREATE, bank_account(), key=bank_key)
    words = "x-idempotency-key was used before on another endpoint"
    elsewhere = wrong("idempotency_error", "key_mismatch_api", words)
    for path, body in (
        (uqpay.BANK_ACCOUNT_CREATE, bank_account()),
        (uqpay.TRANSFERS, transfer(family.master_id, family.rich)),
    ):
        answer = uqpay.ask(path, body, key=key)
        assert (answer.status, answer.json()) == elsewhere
    assert keyed(desk, bank_key) == elsewhere
    assert money(family) == before - 1
    assert (status, keyed(desk, key)[1].get("payout_id")) == (200, made["payout_id"])


@claims(
    "uqpay",
    "code idempotency_error key_mismatch_account",
    edit(CODES, "key_mismatch_account", "x", within="KEY_OTHER_ACCOUNT"),
    edit(CODES, "on another account", "x", within="KEY_OTHER_ACCOUNT"),
    edit("service/merchant/family_keys.py", "return claim.exclusive and", "return False and", within="shares_key"),
)
def test_a_key_that_was_used_on_another_account_makes_nothing(desk: Desk, family: Family, stranger: Merchant) -> None:
    key = str(uuid4())
    words = "x-idempotency-key was used before on another account"
    elsewhere = wrong("idempotency_error", "key_mismatch_account", words)
    assert desk.is_ordered(key=key)
    for account in (family.rich, family.poor):
        assert desk.order(account=account, key=key) == elsewhere
    other = str(uuid4())
    assert desk.is_ordered(account=family.rich, key=other)
    assert desk.order(key=other) == elsewhere
    # Keys of another merchant are another matter.
    theirs = stranger.uqpay.ask(stranger.uqpay.CREATE, stranger.uqpay.order("1.00"), key=key)
    assert theirs.status == 200


@claims(
    "uqpay",
    "text 400 request is processing",
    edit(CODES, "request is processing", "x", within="KEY_IN_PROGRESS"),
    edit(CODES, "400, 400,", "400, 409,", within="KEY_IN_PROGRESS"),
    edit("service/merchant/making.py", "Refusal.STILL_RUNNING", "Refusal.SAME_ACCOUNT", within="making"),
)
def test_a_second_request_is_told_while_the_first_is_running(outlay: Server, desk: Desk, family: Family) -> None:
    """The account's row is locked from beside, as a slow database would hold it: the first one really runs."""
    call = desk.uqpay.call(desk.uqpay.CREATE, desk.uqpay.order("1.00"), key=str(uuid4()))
    with ExitStack() as opened:
        observer = opened.enter_context(observing(outlay))
        with locked(observer, family.master_id):
            # Sent here and now: what waits for the account may also be the bank's, of a payout before.
            first = opened.enter_context(sent(outlay.base_url, call.raw()))
            wait_for(lambda: observer.rows("select count(*) from pg_locks where not granted")[0][0])
            for _ in range(2):
                assert desk.send(call) == (400, {"code": 400, "message": "request is processing"})
        answer = first()
    assert answer.status == 200, answer
    assert desk.send(call)[0] == 200


@contextmanager
def locked(observer: Observer, account: str) -> Iterator[None]:
    """Nobody can order anything on this account until this is left."""
    observer.rows("begin")
    try:
        observer.rows(f"select 1 from accounts where account_id = '{account}' for update")
        yield
    finally:
        observer.rows("rollback")
