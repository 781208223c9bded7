"""An account: a merchant, or a merchant's sub-account, and the terms under which it pays out."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

import msgspec

from outlay.core.epoch import FIRST_EPOCH, Epoch
from outlay.core.fees import FeePlan
from outlay.core.limits import Limits

SANDBOX_RAIL: Final = "sandbox"


class Account(msgspec.Struct, frozen=True):
    """`parent_id` names the master of a sub-account; `country` is ISO 3166 alpha-2. `notify_url`: where notices go for
    which the order names no address. `other_rails`: where its payouts may go after `rail`, in order."""

    account_id: UUID
    name: str
    country: str
    parent_id: UUID | None = None
    is_open: bool = True
    needs_review: bool = False
    rail: str = SANDBOX_RAIL
    other_rails: tuple[str, ...] = ()
    notify_url: str | None = None
    needs_bank_account: bool = False
    """Payouts without a beneficiary need a registered bank account; else the rail knows where they go."""
    strict_destinations: bool = False
    """Also the rail of a sandbox checks what no API's document states: check digits, addresses, names of banks."""
    blocked: frozenset[str] = frozenset()
    """Account numbers, keys and addresses that may not be paid, as they were given: see `recipients.is_blocked`."""
    epoch: Epoch = FIRST_EPOCH
    """What is older is asked about before anything comes of it."""

    @property
    def rails(self) -> tuple[str, ...]:
        """All that its payouts may take, in order."""
        return self.rail, *self.other_rails

    @property
    def checks_destinations(self) -> bool:
        """Whether orders are held to what no API's document states but real rails demand."""
        return self.strict_destinations or any(rail != SANDBOX_RAIL for rail in self.rails)

    @property
    def family_id(self) -> UUID:
        """The master of this account and its siblings; itself where it has none."""
        return self.parent_id or self.account_id


_SHORT_DIGITS: Final = 12
_REST_BITS: Final = 128 - 4 * _SHORT_DIGITS
_LONG_FORM: Final = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I | re.A)
_SHORT_FORM: Final = re.compile(f"A([0-9A-F]{{{_SHORT_DIGITS}}})", re.I | re.A)


def short_id(account_id: UUID) -> str:
    """The short form of an account's id; it never changes, and `open_account` sees to it that the accounts of one
    master all have another."""
    return f"A{account_id.hex[:_SHORT_DIGITS].upper()}"


def ids_named(text: str) -> tuple[UUID, UUID] | None:
    """The lowest and the highest account id that `text` can mean: one and the same of an id in its canonical form
    (`UUID` alone takes braces and URNs too), all that begin alike of a short one. None where it is neither. Case does
    not count."""
    if _LONG_FORM.fullmatch(text):
        account_id = UUID(text)
        return account_id, account_id
    short = _SHORT_FORM.fullmatch(text)
    if short is None:
        return None
    first = int(short.group(1), 16) << _REST_BITS
    return UUID(int=first), UUID(int=first | (1 << _REST_BITS) - 1)


ALL_METHODS: Final = "*"


class Terms(msgspec.Struct, frozen=True):
    """What holds for one account in one currency; an account without terms has no fee and the widest limits."""

    fee: FeePlan = FeePlan()
    limits: Limits = Limits()
    off: frozenset[str] = frozenset()
    """What is switched off: kinds of destination (`pix`), channels in an API's words (`EPAY_PAYOUT`), or all (`*`).
    Case does not count."""


DEFAULT_TERMS = Terms()
