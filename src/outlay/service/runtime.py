"""What every use case works with. Put together once, in process.run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec

from outlay.core.bank_account import BankAccountDetails
from outlay.core.origin import Origin
from outlay.core.refusal import Refusal
from outlay.core.seals import SealKey
from outlay.kit.secret import Secret
from outlay.service.health import Health
from outlay.store.database import Database
from outlay.store.gather import LaneRule
from outlay.store.guard import Guard
from outlay.store.read.reader import Reader
from outlay.store.write.desk import Command

A = TypeVar("A")


class ClockWatch(Protocol):
    """How well this process follows the database's clock, which may step. All spans and times are of the steady one."""

    def behind_ms(self) -> int:
        """By how much the clock may be ahead of what this process takes it for."""

    def looked_ago_ms(self) -> int:
        """How long ago it last looked."""

    def calm_ms(self, at_ms: int) -> int:
        """For how long, at that moment, it had seen the clock go on evenly, by the looks so far."""

    async def confirmed_calm_ms(self, at_ms: int) -> int:
        """The same, after a look that began since; 0 where none comes soon."""


class Commands(Protocol):
    """Where commands are carried out: store.write.clerk."""

    async def do(self, command: Command[A], *, urgent: bool = False) -> A | Refusal: ...


async def do_without_refusal(clerk: Commands, command: Command[A], *, urgent: bool = False) -> A:
    """Carry out a command that refuses nothing and takes nothing out of `available`: so neither it nor the clerk, which
    refuses what is not covered, has a no to say."""
    answer = await clerk.do(command, urgent=urgent)
    if isinstance(answer, Refusal):
        raise AssertionError(f"nothing could refuse this command: {answer.name}")
    return answer


class BankAccountCheck(Protocol):
    """What a rail knows of the merchants' own bank accounts."""

    def __call__(self, details: BankAccountDetails) -> bool:
        """Whether it finds this one valid."""


class Looking(Protocol):
    """What a question needs that changes nothing: the runtime has it, and so has a command that only looks."""

    @property
    def database(self) -> Database: ...
    @property
    def now_ms(self) -> Callable[[], int]:
        """The installation's clock, Unix milliseconds."""

    @property
    def real_ms(self) -> Callable[[], int]:
        """The real time."""


class LookingAtSeals(Looking, Protocol):
    @property
    def seal_key(self) -> SealKey: ...


class Runtime(msgspec.Struct, frozen=True):
    """`now_ms`: the installation's clock, Unix milliseconds, which a sandbox can move ahead. `real_ms`: the real time,
    for proofs and tokens, which callers make with a clock of their own, and for judging what a rail says. `steady_ms`:
    a clock from any beginning that never steps. `following`: whether `real_ms` is to be trusted. `entropy(n)`: n random
    bytes. `vault_key`: 32 bytes, as hex. `seal_key`: what instructions and facts are sealed with. `running`: references
    of requests that are being carried out here. `clock_stepped`: set when the clock has stepped, cleared by whoever
    mends what was noted before."""

    database: Database
    """For the background work and for operators."""
    callers: Database
    """For what callers ask besides the hot paths (lists, families, keys that are not cached), so that a flood of it
    holds up neither the hot paths nor the workers."""
    clerk: Commands
    reader: Reader
    now_ms: Callable[[], int]
    real_ms: Callable[[], int]
    steady_ms: Callable[[], int]
    following: ClockWatch
    next_id: Callable[[], int]
    entropy: Callable[[int], bytes]
    vault_key: Secret
    seal_key: SealKey
    running: set[tuple[UUID, str]] = msgspec.field(default_factory=set)
    clock_stepped: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    health: Health = msgspec.field(default_factory=Health)
    """Hears of a database that is unavailable."""
    lanes: LaneRule = "one"
    """Whether work of several accounts may share a statement."""
    bank_account_checks: Mapping[str, BankAccountCheck] = msgspec.field(default_factory=dict)
    """By the names of rails. Where another rail would pay, nothing is known of a bank account, and it is valid."""


class Caller(msgspec.Struct, frozen=True):
    """Whom a request speaks for. `guard` proves the credential of the account that signed; `parent_id` is that account
    where another one, its sub-account, is addressed. `name`: who keeps the credential, else its key id; `dialect`: the
    API that it speaks. `family_id`: the master of all accounts that the caller may give money to; `has_family`: whether
    there may be others than it, False only where it is known that there are none."""

    account_id: UUID
    guard: Guard
    parent_id: UUID | None = None
    name: str = ""
    dialect: str = ""
    family_id: UUID | None = None
    has_family: bool = True
    is_open: bool = True
    """Of the account that the credential belongs to: closed, it orders nothing, also not on behalf of others."""
    is_proved: bool = False
    """Whether a statement has found the guard good: the one that serves the request need not look again."""

    @property
    def origin(self) -> Origin | None:
        """What of them goes on record with what they order; None where no API was spoken."""
        return Origin(self.dialect, self.guard.key_id) if self.dialect else None

    @property
    def guard_left(self) -> Guard | None:
        """What the statement that serves the request must still prove."""
        return None if self.is_proved else self.guard

    def proved(self) -> Caller:
        return self if self.is_proved else msgspec.structs.replace(self, is_proved=True)
