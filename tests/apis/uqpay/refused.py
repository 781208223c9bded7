"""What UQPAY may refuse for several reasons at once, at each endpoint that makes something, and which two of them can
never hold of one request. Played by tests.e2e.test_refusal_pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from uuid import uuid4

from outlay.core.asks import AddBankAccount, ChangeBankAccount, OrderPayout, OrderTransfer
from tests.apis.uqpay.calls import bank_account, transfer
from tests.apis.uqpay.merchant import UqpayMerchant
from tests.e2e.raw_http import Call
from tests.e2e.refusal_provocations import (
    BANK_NUMBER,
    BODY,
    BROKE_OFF,
    CLAIM,
    CLOSED,
    ELSEWHERE,
    GOOD_ONCE,
    HELD_ONCE,
    INSUFFICIENT,
    KEPT,
    NO_NONCE,
    NO_TERMS,
    NONCE,
    NOT_FOUND,
    NOT_HELD,
    NOTHING_PAID,
    ONE_PURSE,
    ONE_SIZE,
    OWN_ROW,
    PAYMENT,
    RUNNING,
    SUB_CLOSED,
    TO_ITSELF,
    WRONG_IBAN,
    Act,
    Provocation,
    Reasons,
    Table,
    close_account,
    idempotency,
    method_off,
    other_content,
    other_use,
    put,
    reasons_of,
    same,
    strict_since,
    written_meanwhile,
    wrong_fields,
    wrong_header,
)
from tests.e2e.refusal_situations import AMOUNT, OTHER_CURRENCY, Endpoint, Situation, Spoken


def _call(situation: Situation, speaker: UqpayMerchant, path: str, body: Any, _nonce: str | None) -> Call:
    return speaker.call(path, body, key=situation.reference, account=situation.addressed)


SPOKEN: Final = Spoken("uqpay", _call, has_family=True, new_reference=lambda: str(uuid4()))
INVALID: Final = (400, ("invalid_request_error", "invalid_parameter"))
MISSING: Final = (400, ("invalid_request_error", "missing_parameter"))
PROOF: Final = wrong_header("x-auth-token", "Bearer a.b.c", (401, "token has expired"))
OTHER_API: Final = other_use(idempotency("key_mismatch_api"))


def _register(situation: Situation, **fields: Any) -> str:
    path = UqpayMerchant.BANK_ACCOUNT_CREATE
    made = situation.owner.post(path, bank_account(**fields), account=_behalf(situation))
    return str(made["id"])


def _behalf(situation: Situation) -> str:
    return str(situation.account) if situation.account != situation.master else ""


def _block_everybody(situation: Situation) -> None:
    """Whomever the request may name."""
    _register(situation)
    situation.block(BANK_NUMBER, situation.unknown, str(situation.other), str(situation.account))


def _need_bank_account(situation: Situation) -> None:
    situation.change(situation.account, needs_bank_account=True)


def _name_payee(situation: Situation) -> None:
    situation.body["payout_account_id"] = str(situation.other)


PAYOUT_TERMS: Final = (
    Provocation("BANK_ACCOUNT_NOT_FOUND", "BANK_ACCOUNT_NOT_FOUND", sets=_need_bank_account),
    Provocation(
        "TARGET_NOT_FOUND",
        "TARGET_NOT_FOUND",
        spoils=lambda situation: put({"payout_account_id": situation.unknown}, situation),
    ),
    Provocation(
        "TARGET_NOT_FOUND any more",
        "TARGET_NOT_FOUND",
        writes=_name_payee,
        closes=lambda situation: situation.close(situation.other),
    ),
    method_off("BANK", "INTERNAL"),
    Provocation("RECIPIENT_BLOCKED", "RECIPIENT_BLOCKED", sets=_block_everybody),
)
OWN_BANK: Final = "no bank account of the merchant's own is asked for where another account is paid"
PAYOUT_REASONS: Final = reasons_of(
    *KEPT,
    ONE_SIZE,
    ONE_PURSE,
    HELD_ONCE,
    GOOD_ONCE,
    ("BANK_ACCOUNT_NOT_FOUND", "TARGET_NOT_FOUND", OWN_BANK),
    ("BANK_ACCOUNT_NOT_FOUND", "TARGET_NOT_FOUND any more", OWN_BANK),
    ("BANK_ACCOUNT_NOT_FOUND", "RECIPIENT_BLOCKED", "an account that is not registered has no number"),
    ("repeat", "TARGET_NOT_FOUND", "the same content named an account of the family"),
)


def _payout(name: str, *, is_own: bool, provocations: tuple[Provocation, ...], never: Mapping[str, str]) -> Table:
    return Table(
        Endpoint(
            name,
            SPOKEN,
            path=lambda _situation: UqpayMerchant.CREATE,
            body=lambda _situation: UqpayMerchant.order(AMOUNT),
            asks=OrderPayout(CLAIM, None),
            is_own=is_own,
            is_on_behalf=not is_own,
        ),
        (
            PROOF,
            same(),
            OTHER_API,
            other_content(payout_currency=OTHER_CURRENCY),
            ELSEWHERE,
            BROKE_OFF,
            RUNNING,
            wrong_fields(MISSING, statement_descriptor=""),
            *PAYOUT_TERMS,
            *PAYMENT,
            *provocations,
        ),
        {NONCE: NO_NONCE, "SAME_ACCOUNT": TO_ITSELF, **never},
        PAYOUT_REASONS | (reasons_of(OWN_ROW) if is_own else {}),
    )


OWN_PAYOUT: Final = _payout(
    "uqpay payout",
    is_own=True,
    provocations=(),
    never={"ACCOUNT_NOT_FOUND": "the request names no other account"},
)
PAYOUT: Final = _payout("uqpay payout on behalf", is_own=False, provocations=(NOT_FOUND, SUB_CLOSED), never={})
BANK_ACCOUNT: Final = Table(
    Endpoint(
        "uqpay bank account",
        SPOKEN,
        path=lambda _situation: UqpayMerchant.BANK_ACCOUNT_CREATE,
        body=lambda _situation: bank_account(),
        asks=AddBankAccount(CLAIM, None),
        is_on_behalf=True,
    ),
    (
        PROOF,
        NOT_FOUND,
        same(),
        OTHER_API,
        other_content(bank_name="Bradesco"),
        CLOSED,
        SUB_CLOSED,
        ELSEWHERE,
        BROKE_OFF,
        RUNNING,
        wrong_fields(MISSING, bank_name=""),
        strict_since(INVALID, partial(put, {"account_number": WRONG_IBAN})),
    ),
    {NONCE: NO_NONCE, "BANK_ACCOUNT_NOT_FOUND": "it is made here"} | NOTHING_PAID,
    reasons_of(*KEPT, GOOD_ONCE),
)


def _present(situation: Situation) -> None:
    situation.bank_account_id = _register(situation)


def _name_unknown(situation: Situation) -> None:
    situation.bank_account_id = situation.unknown


def _spoil_body(situation: Situation) -> None:
    situation.body = b"{"


NO_FIELDS: Final = "what nobody can read has no fields"
UPDATE: Final = Table(
    Endpoint(
        "uqpay bank account update",
        SPOKEN,
        path=lambda situation: f"{UqpayMerchant.BANK_ACCOUNTS}/{situation.bank_account_id}",
        body=lambda _situation: {"bank_name": "Itaú"},
        asks=ChangeBankAccount(CLAIM, 0, lambda _present: None),
        is_on_behalf=True,
        prepare=_present,
    ),
    (
        PROOF,
        NOT_FOUND,
        same(),
        OTHER_API,
        other_content(bank_name="Bradesco"),
        CLOSED,
        SUB_CLOSED,
        ELSEWHERE,
        BROKE_OFF,
        RUNNING,
        wrong_fields(INVALID, currency="USD"),
        strict_since(INVALID, partial(put, {"account_number": WRONG_IBAN})),
        Provocation("BANK_ACCOUNT_NOT_FOUND", "BANK_ACCOUNT_NOT_FOUND", spoils=_name_unknown),
        Provocation("a body that nobody can read", BODY, INVALID, spoils=_spoil_body),
    ),
    {NONCE: NO_NONCE} | NOTHING_PAID,
    reasons_of(
        *KEPT,
        GOOD_ONCE,
        ("repeat", "BANK_ACCOUNT_NOT_FOUND", "the same content named one, and none is taken away"),
        ("repeat", "a body that nobody can read", "the same content was read before"),
        ("fields", "a body that nobody can read", NO_FIELDS),
        ("fields that were taken before", "a body that nobody can read", NO_FIELDS),
    ),
    fields_after="BANK_ACCOUNT_NOT_FOUND",
)


# -- transfers --------------------------------------------------------------------------------------------------------


def _review_giver(situation: Situation) -> None:
    situation.change(situation.account, needs_review=True)


def _block_takers(situation: Situation) -> None:
    situation.block(situation.unknown, str(situation.other), str(situation.account))


def _name(field: str, of: Callable[[Situation], object]) -> Act:
    return lambda situation: put({field: str(of(situation))}, situation)


GIVER_GONE: Final = "TARGET_NOT_FOUND of the giver"
TAKER_CLOSED: Final = "ACCOUNT_CLOSED of the taker"
GIVER_CLOSED: Final = "ACCOUNT_CLOSED of the giver"
UNKNOWN_TAKER: Final = "of a taker that is not there nothing is known"
UNKNOWN_GIVER: Final = "of a giver that is not there nothing is known, nor whom it may give to"
ONE_AND_THE_SAME: Final = "giver and taker are one"
NOBODY_NAMED: Final = "fields that are wrong name nobody: only the caller is known"
TRANSFER_REASONS: Final = reasons_of(
    *KEPT,
    ONE_PURSE,
    HELD_ONCE,
    GOOD_ONCE,
    ("repeat", "TARGET_NOT_FOUND", "the same content named an account of the family"),
    ("repeat", GIVER_GONE, "the same content named an account of the family"),
    ("repeat", "SAME_ACCOUNT", "the same content named two accounts"),
    (TAKER_CLOSED, "TARGET_NOT_FOUND", UNKNOWN_TAKER),
    (TAKER_CLOSED, GIVER_GONE, UNKNOWN_GIVER),
    (TAKER_CLOSED, "SAME_ACCOUNT", ONE_AND_THE_SAME),
    (TAKER_CLOSED, "fields", NOBODY_NAMED),
    ("METHOD_OFF", "TARGET_NOT_FOUND", UNKNOWN_TAKER),
    ("METHOD_OFF", "SAME_ACCOUNT", ONE_AND_THE_SAME),
    ("TARGET_NOT_FOUND", "SAME_ACCOUNT", "the taker is the giver, and the giver is there"),
    *(
        (GIVER_GONE, name, UNKNOWN_GIVER)
        for name in ("SAME_ACCOUNT", "METHOD_OFF", "RECIPIENT_BLOCKED", "CURRENCY_NOT_HELD", "INSUFFICIENT_BALANCE")
    ),
)


def _transfer(name: str, *, is_own: bool, provocations: tuple[Provocation, ...], not_together: Reasons) -> Table:
    return Table(
        Endpoint(
            name,
            SPOKEN,
            path=lambda _situation: UqpayMerchant.TRANSFERS,
            body=lambda situation: transfer(str(situation.account), str(situation.other), AMOUNT),
            asks=OrderTransfer(CLAIM, None),
            is_own=is_own,
            is_reviewed=False,
        ),
        (
            PROOF,
            NOT_FOUND,
            same(),
            OTHER_API,
            other_content(currency=OTHER_CURRENCY),
            CLOSED,
            Provocation(TAKER_CLOSED, "ACCOUNT_CLOSED", closes=lambda situation: situation.close(situation.other)),
            ELSEWHERE,
            BROKE_OFF,
            RUNNING,
            wrong_fields(MISSING, reason=""),
            Provocation(
                "TARGET_NOT_FOUND",
                "TARGET_NOT_FOUND",
                spoils=_name("target_account_id", lambda situation: situation.unknown),
            ),
            Provocation(
                GIVER_GONE,
                "TARGET_NOT_FOUND",
                spoils=_name("source_account_id", lambda situation: situation.unknown),
            ),
            Provocation(
                "SAME_ACCOUNT",
                "SAME_ACCOUNT",
                spoils=_name("target_account_id", lambda situation: situation.account),
            ),
            Provocation("METHOD_OFF", "METHOD_OFF", opens=written_meanwhile, closes=_review_giver),
            Provocation("RECIPIENT_BLOCKED", "RECIPIENT_BLOCKED", sets=_block_takers),
            NOT_HELD,
            INSUFFICIENT,
            *provocations,
        ),
        {NONCE: NO_NONCE, "BANK_ACCOUNT_NOT_FOUND": "it names accounts here"}
        | dict.fromkeys(("CURRENCY_OFF", "AMOUNT_TOO_SMALL", "AMOUNT_TOO_LARGE"), NO_TERMS),
        TRANSFER_REASONS | not_together,
    )


OWN_TRANSFER: Final = _transfer(
    "uqpay transfer",
    is_own=True,
    provocations=(),
    not_together=reasons_of(OWN_ROW, ("METHOD_OFF", "STILL_RUNNING", "what sets it waits for that row, too")),
)
REPEATS_ELSEWHERE: Final = ("repeat of something else", "repeat with other content")
TRANSFER: Final = _transfer(
    "uqpay transfer of a sub-account",
    is_own=False,
    provocations=(Provocation(GIVER_CLOSED, "ACCOUNT_CLOSED", opens=written_meanwhile, closes=close_account),),
    not_together=reasons_of(
        (GIVER_CLOSED, GIVER_GONE, UNKNOWN_GIVER),
        (GIVER_CLOSED, "fields", NOBODY_NAMED),
        *((each, GIVER_GONE, "it was used on an account that the request does not name") for each in REPEATS_ELSEWHERE),
        *((each, "fields", NOBODY_NAMED) for each in REPEATS_ELSEWHERE),
    ),
)
TABLES: Final = (
    OWN_PAYOUT,
    PAYOUT,
    BANK_ACCOUNT,
    UPDATE,
    OWN_TRANSFER,
    TRANSFER,
)
