"""The instruction of a payout: all that was ordered, and by whom, in one canonical form whose keyed digest stands in
the fact of the order.

Before anything is sent, and by `outlay ledger verify`, it is computed anew from the payout's row: who changed the row
behind our back does not have the key.

Form 1 is JSON with sorted names and no space, in UTF-8; whatever has its default is left out, so a field that is added
later with a default changes no digest. It is readable for ever: what changes a digest gets another number, and old
digests are checked by their own form.
"""

from __future__ import annotations

import hmac
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.beneficiary import Beneficiary
from outlay.core.ids import created_ms
from outlay.core.origin import NO_REMARKS, Origin, Remarks
from outlay.core.payout import Payout
from outlay.core.seals import Seal, SealKey

_FORM: Final = "1:"
_PREFIX: Final = b"outlay instruction 1\0"
_encode = msgspec.json.Encoder(order="sorted").encode


class Instruction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What never changes of a payout. Fields are added with a default, or not at all, and never renamed; every record
    within leaves out its defaults too."""

    account_id: UUID
    payout_id: int
    batch_id: int | None = None
    reference: str
    ordered_by: str = ""
    currency: str
    amount_minor: int
    fee_minor: int
    fee_fixed_minor: int
    fee_rate_ppm: int
    beneficiary: Beneficiary
    remarks: Remarks = NO_REMARKS
    notify_url: str | None = None
    origin: Origin | None = None
    created_ms: int
    expires_ms: int | None = None


def instruction_of(payout: Payout) -> Instruction:
    return Instruction(
        account_id=payout.account_id,
        payout_id=payout.payout_id,
        batch_id=payout.batch_id,
        reference=payout.reference,
        ordered_by=payout.ordered_by,
        currency=payout.currency,
        amount_minor=payout.amount_minor,
        fee_minor=payout.fee.total_minor,
        fee_fixed_minor=payout.fee.fixed_minor,
        fee_rate_ppm=payout.fee.rate_ppm,
        beneficiary=payout.beneficiary,
        remarks=payout.remarks,
        notify_url=payout.notify_url,
        origin=payout.origin,
        created_ms=payout.created_ms,
        expires_ms=payout.expires_ms,
    )


def canonical(instruction: Instruction) -> bytes:
    """Form 1."""
    return _encode(instruction)


def digest_of(instruction: Instruction, key: SealKey) -> str:
    return _FORM + key.mac(_PREFIX + _encode(instruction)).hex()


def look_at_digest(instruction: Instruction, digest: str | None, key: SealKey) -> Seal:
    """A digest of a form that is not known here is broken: nothing is sent on the word of what cannot be read."""
    if digest is None:
        # By the time in its id: who strips it of its digest could change the other as well.
        return Seal.OLDER if created_ms(instruction.payout_id) < key.since_ms else Seal.MISSING
    is_whole = hmac.compare_digest(digest.encode(), digest_of(instruction, key).encode())
    return Seal.WHOLE if is_whole else Seal.BROKEN
