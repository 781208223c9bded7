"""Transfers between a master and its connected accounts in UQPAY's words.

They belong to another of UQPAY's products (docs: Global Account), and are served because a connected account has no
other way to its money.

The trap: a transfer that was given can only be completed, so the documented word `failed` is never shown; and whoever
filters by it gets an empty list, not a refusal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from outlay.core.asks import ListTransfers, TransferOrder
from outlay.core.currencies import EXPONENTS
from outlay.core.money import AmountFault, format_amount
from outlay.core.transfer import Transfer
from outlay.dialects.uqpay import schema
from outlay.dialects.uqpay.codes import bad_field
from outlay.dialects.uqpay.values import (
    CURRENCIES,
    CURRENCY_FORM,
    ListQuery,
    Page,
    base_36,
    read_amount,
    read_word,
    uuid_of,
    write_time,
)
from outlay.kit.jsontext import JsonObject
from outlay.wire.fields import Content, FieldFault, FieldReader
from outlay.wire.problems import Fault

KIND: Final = "transfer"
_CURRENCIES_FORM: Final = f"{CURRENCY_FORM}, or several of them parted by commas"
_NEVER_MS: Final = -1


class TransferStatus(StrEnum):
    """(vendor code)"""

    COMPLETED = "completed"
    FAILED = "failed"


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


def read_transfer_list(query: ListQuery) -> ListTransfers | Fault:
    """Newest first (decision)."""
    status = read_word(query, schema.TRANSFER_STATUS, [each.value for each in TransferStatus])
    if isinstance(status, Fault):
        return status
    named = query.words.get(schema.CURRENCY)
    currencies = frozenset(named.split(schema.CURRENCIES_PARTED_BY)) if named is not None else None
    if currencies is not None and not currencies <= EXPONENTS.keys():
        return bad_field(FieldFault(schema.CURRENCY, _CURRENCIES_FORM))
    return ListTransfers(
        currencies=currencies,
        from_ms=query.span.from_ms,
        to_ms=_NEVER_MS if status == TransferStatus.FAILED else query.span.to_ms,
        skip=query.page.skip,
        limit=query.page.size,
    )


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
