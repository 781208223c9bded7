"""Transfers between a master and its connected accounts in UQPAY's words.

They belong to another of UQPAY's products (docs: Global Account), and are served because a connected account has no
other way to its money.

The traps: a transfer that was given can only be completed, so the documented word `failed` is never shown; and whoever
filters by it gets an empty list, not a refusal. And one that was made is answered in another form than one looked up.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from outlay.core.asks import Counted, FindTransfer, ListTransfers, Made, OrderTransfer, TransferOrder
from outlay.core.currencies import EXPONENTS
from outlay.core.money import AmountFault, format_amount
from outlay.core.transfer import Transfer
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.callers import Caller, Keyed, OpenedCredential
from outlay.dialects.uqpay.codes import bad_field
from outlay.dialects.uqpay.envelope import success, write_made
from outlay.dialects.uqpay.values.content import body_and_claim
from outlay.dialects.uqpay.values.fields import (
    CURRENCIES,
    CURRENCY_FORM,
    NO_SUCH_ID,
    base_36,
    number_of,
    read_amount,
    uuid_of,
    write_time,
)
from outlay.dialects.uqpay.values.lists import Page, as_seen_here, read_list_query, read_word
from outlay.kit.jsontext import JsonObject
from outlay.wire.dialect import Asked, Context, Now
from outlay.wire.fields import Content, FieldFault, FieldReader
from outlay.wire.message import Request, Response
from outlay.wire.problems import Fault

KIND: Final = "transfer"
_CREATE: Final = "uqpay.transfer.create"
_CURRENCIES_FORM: Final = f"{CURRENCY_FORM}, or several of them parted by commas"
_NEVER_MS: Final = -1


class TransferStatus(StrEnum):
    """(vendor code)"""

    COMPLETED = "completed"
    FAILED = "failed"


# -- the endpoints -----------------------------------------------------------------------------------------------------


def read_transfer_create(sent: Keyed, _caller: Caller, _now: Now) -> Asked[Made[Transfer], Fault | None] | Fault:
    body, claim = body_and_claim(sent.request, sent.key, _CREATE)
    transfer = body if isinstance(body, Fault) else read_transfer(body)
    if isinstance(transfer, Fault):
        return Asked(OrderTransfer(claim, None), transfer)
    return Asked(OrderTransfer(claim, transfer), None)


def write_transfer_created(
    answer: Made[Transfer], wrong: Fault | None, _context: Context[OpenedCredential]
) -> Response | Fault:
    """Only the ids of what was made (docs)."""
    return write_made(answer, wrong, transfer_created)


def read_transfer_retrieve(request: Request, _caller: Caller, _now: Now) -> Asked[Transfer, None] | Fault:
    number = number_of(KIND, request.parameters["id"]) or NO_SUCH_ID
    return Asked(FindTransfer(number), None)


def write_transfer(transfer: Transfer, _echo: None, _context: Context[OpenedCredential]) -> Response:
    return success(transfer_object(transfer))


def read_transfer_list(request: Request, _caller: Caller, now: Now) -> Asked[Counted[Transfer], Page] | Fault:
    """Newest first (decision)."""
    query = read_list_query(request.query)
    if isinstance(query, Fault):
        return query
    query = as_seen_here(query, now)
    status = read_word(query, schema.TRANSFER_STATUS, [each.value for each in TransferStatus])
    if isinstance(status, Fault):
        return status
    named = query.words.get(schema.CURRENCY)
    currencies = frozenset(named.split(schema.CURRENCIES_PARTED_BY)) if named is not None else None
    if currencies is not None and not currencies <= EXPONENTS.keys():
        return bad_field(FieldFault(schema.CURRENCY, _CURRENCIES_FORM))
    ask = ListTransfers(
        currencies=currencies,
        from_ms=query.span.from_ms,
        to_ms=_NEVER_MS if status == TransferStatus.FAILED else query.span.to_ms,
        skip=query.page.skip,
        limit=query.page.size,
    )
    return Asked(ask, query.page)


def write_transfer_list(listed: Counted[Transfer], page: Page, _context: Context[OpenedCredential]) -> Response:
    return success(transfer_list(listed.items, listed.total, page))


# -- a transfer, as it is read and shown -------------------------------------------------------------------------------


def read_transfer(body: JsonObject) -> TransferOrder | Fault:
    """The transfer in a create body, or the answer for its first wrong field in the documented order."""
    reader = FieldReader(body)
    source = reader.text(schema.SOURCE_ACCOUNT_ID, longest=schema.ACCOUNT_ID_LONGEST)
    target = reader.text(schema.TARGET_ACCOUNT_ID, longest=schema.ACCOUNT_ID_LONGEST)
    currency = reader.text(schema.CURRENCY)
    exponent = CURRENCIES.get(currency)
    if currency and exponent is None:
        reader.fault(schema.CURRENCY, CURRENCY_FORM)
    # Of an unknown currency the decimals are unknown; it is what is told then.
    amount = read_amount(reader, schema.AMOUNT, exponent if exponent is not None else 2)
    if isinstance(amount, AmountFault):
        reader.fault(schema.AMOUNT, f"is {amount}")
    reason = reader.text(schema.REASON, longest=schema.REASON_LONGEST, content=Content.REMARK)
    if reader.faults or amount is None or isinstance(amount, AmountFault):
        return bad_field(reader.faults[0])
    return TransferOrder(source=source, target=target, currency=currency, amount_minor=amount, reason=reason)


def transfer_created(transfer: Transfer) -> schema.TransferCreated:
    return schema.TransferCreated(uuid_of(KIND, transfer.transfer_id), _short_reference(transfer))


def transfer_object(transfer: Transfer) -> schema.TransferObject:
    """`reference_id` is the number by which the books have it; `complete_time` is "" in the moment between giving and
    taking (decision)."""
    return schema.TransferObject(
        transfer_id=uuid_of(KIND, transfer.transfer_id),
        short_reference_id=_short_reference(transfer),
        reference_id=str(transfer.transfer_id),
        source_account_name=transfer.source_name,
        destination_account_name=transfer.target_name,
        transfer_currency=transfer.currency,
        transfer_amount=_amount(transfer),
        transfer_status=TransferStatus.COMPLETED.value,
        create_time=write_time(transfer.created_ms),
        complete_time=write_time(transfer.credited_ms) if transfer.credited_ms is not None else "",
        created_by=transfer.ordered_by,
        transfer_reason=transfer.reason,
    )


def transfer_list(transfers: tuple[Transfer, ...], total: int, page: Page) -> schema.TransferList:
    return schema.TransferList(page.pages(total), total, [transfer_object(transfer) for transfer in transfers])


def _amount(transfer: Transfer) -> str:
    """A whole amount without decimals, unlike a payout's: the pages print 1000 for an amount sent as 1000 (docs)."""
    text = format_amount(transfer.amount_minor, EXPONENTS[transfer.currency])
    whole, _, fraction = text.partition(".")
    return text if fraction.strip("0") else whole


def _short_reference(transfer: Transfer) -> str:
    """For people (decision on the form)."""
    return f"T{base_36(transfer.transfer_id)}"
