"""An account: a merchant, or a merchant's sub-account, and the terms under which it pays out."""

from __future__ import annotations

from uuid import UUID

import msgspec

from outlay.core.fees import FeePlan
from outlay.core.limits import Limits


class Account(msgspec.Struct, frozen=True):
    """`parent_id` names the master of a sub-account; `country` is ISO 3166 alpha-2."""

    account_id: UUID
    name: str
    country: str
    parent_id: UUID | None = None
    is_open: bool = True
    needs_review: bool = False
    rail: str = "sandbox"


class Terms(msgspec.Struct, frozen=True):
    """What holds for one account in one currency; an account without terms has no fee and the widest limits."""

    fee: FeePlan = FeePlan()
    limits: Limits = Limits()


DEFAULT_TERMS = Terms()
