"""The balance in one currency."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from outlay.core.asks import Balance, ReadBalances
from outlay.core.currencies import EXPONENTS
from outlay.core.money import format_amount
from outlay.dialects.lesspay import codes, schema
from outlay.dialects.lesspay.envelope import success
from outlay.dialects.lesspay.schema import BalanceObject
from outlay.dialects.lesspay.signing import SignedBody
from outlay.dialects.lesspay.values.fields import check_transaction_type, read_currency
from outlay.kit.secret import Secret
from outlay.wire.dialect import Asked, Context, Credential, Now
from outlay.wire.fields import FieldReader
from outlay.wire.message import Response
from outlay.wire.problems import Fault


class BalanceQuestion(msgspec.Struct, frozen=True):
    """The fields of 4.5. `way_code` only comes back in the answer: there is one balance for all ways (decision)."""

    currency: str
    way_code: str


def read(
    sent: SignedBody, _credential: Credential[Secret], _now: Now
) -> Asked[tuple[Balance, ...], BalanceQuestion] | Fault:
    reader = FieldReader(sent.fields)
    currency = read_currency(reader)
    way_code = reader.text("way_code", longest=schema.WAY_LONGEST)
    check_transaction_type(reader)
    if reader.faults:
        return codes.field_fault(reader.faults)
    if way_code == schema.WAY_WITHOUT_BALANCE:
        return codes.BALANCE_NOT_SUPPORTED
    return Asked(ReadBalances(currency), BalanceQuestion(currency, way_code))


def write(balances: tuple[Balance, ...], question: BalanceQuestion, context: Context[Secret]) -> Response:
    return success(balance_object(question, balances), context)


def balance_object(question: BalanceQuestion, balances: Sequence[Balance]) -> BalanceObject:
    """The object of 4.5; a currency that was never used has nothing in it (decision)."""
    available = sum([balance.available_minor for balance in balances])
    frozen = sum([balance.held_minor for balance in balances])
    decimals = EXPONENTS[question.currency]
    return BalanceObject(
        currency=question.currency,
        way_code=question.way_code,
        total_balance=format_amount(available + frozen, decimals),
        frozen_balance=format_amount(frozen, decimals),
        available_balance=format_amount(available, decimals),
    )
