"""Transfers between accounts of one master, as documents."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

from outlay.core.transfer import Transfer
from outlay.present.values import money, utc_json


class TransferDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`credited_at`: when the taker had the money, null while it is on its way."""

    transfer_id: str
    source_id: UUID
    target_id: UUID
    currency: str
    amount: str
    reason: str
    ordered_by: str
    created_at: str
    credited_at: str | None


class TransferMadeDocument(TransferDocument, frozen=True, kw_only=True):
    """`result`: moved, or repeated: then the same order moved it before."""

    reference: str
    result: str


class TransferListDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`total`: how many there are."""

    transfers: tuple[TransferDocument, ...]
    total: int


def transfer_document(transfer: Transfer) -> TransferDocument:
    return TransferDocument(
        transfer_id=str(transfer.transfer_id),
        source_id=transfer.source_id,
        target_id=transfer.target_id,
        currency=transfer.currency,
        amount=money(transfer.amount_minor, transfer.currency),
        reason=transfer.reason,
        ordered_by=transfer.ordered_by,
        created_at=utc_json(transfer.created_ms),
        credited_at=utc_json(transfer.credited_ms),
    )


def transfer_list_document(transfers: Iterable[Transfer], total: int) -> TransferListDocument:
    return TransferListDocument(transfers=tuple(map(transfer_document, transfers)), total=total)


def transfer_made_document(transfer: Transfer, reference: str, *, is_new: bool) -> TransferMadeDocument:
    return TransferMadeDocument(
        **msgspec.structs.asdict(transfer_document(transfer)),
        reference=reference,
        result="moved" if is_new else "repeated",
    )
