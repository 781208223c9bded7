"""A merchant's own bank accounts: registered and changed under idempotency keys, as everything that callers make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

import msgspec
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.asks import (
    Claim,
    Counted,
    FindBankAccount,
    ListBankAccounts,
    NewBankAccount,
    Repeated,
    Unfit,
)
from outlay.core.bank_account import BankAccountDetails, OwnBankAccount
from outlay.core.ids import possible
from outlay.core.refusal import Refusal
from outlay.service.merchant.claims import BANK_ACCOUNT, new_claim, repeated_on
from outlay.service.runtime import BankAccountCheck, Caller, Runtime
from outlay.store.read import lists
from outlay.store.write.desk import Changes, Command, Desk, Needs


async def add_bank_account(
    runtime: Runtime, account_id: UUID, claim: Claim, new: NewBankAccount
) -> OwnBankAccount | Repeated[OwnBankAccount] | Refusal:
    needs = Needs(references=claim.references, subject="bank_account")
    checks = runtime.bank_account_checks
    command = _AddCommand(claim, new, runtime.now_ms(), checks, account_id=account_id, needs=needs)
    return await runtime.clerk.do(command)


class BankAccountChange(msgspec.Struct, frozen=True):
    """Of which bank account, and what becomes of its details: None where what was sent does not fit them."""

    bank_account_id: int
    of: Callable[[OwnBankAccount], BankAccountDetails | None]


async def change_bank_account(
    runtime: Runtime, account_id: UUID, claim: Claim, change: BankAccountChange
) -> OwnBankAccount | Repeated[OwnBankAccount] | Unfit | Refusal:
    named = replace(change, bank_account_id=possible(change.bank_account_id))
    needs = Needs(references=claim.references, subject="bank_account", bank_account_id=named.bank_account_id)
    checks = runtime.bank_account_checks
    command = _ChangeCommand(claim, named, runtime.now_ms(), checks, account_id=account_id, needs=needs)
    return await runtime.clerk.do(command)


async def find_bank_account(runtime: Runtime, caller: Caller, ask: FindBankAccount) -> OwnBankAccount | Refusal:
    number = possible(ask.bank_account_id)
    found = await lists.read_bank_account(runtime.callers, caller.account_id, number)
    return found if found is not None else Refusal.BANK_ACCOUNT_NOT_FOUND


async def list_bank_accounts(runtime: Runtime, caller: Caller, ask: ListBankAccounts) -> Counted[OwnBankAccount]:
    found, total = await lists.bank_accounts_page(runtime.callers, caller.account_id, skip=ask.skip, limit=ask.limit)
    return Counted(tuple(found), total)


class _AddCommand(Command[OwnBankAccount | Repeated[OwnBankAccount]], frozen=True):
    claim: Claim
    new: NewBankAccount
    now_ms: int
    checks: Mapping[str, BankAccountCheck]

    def decide(self, desk: Desk) -> tuple[OwnBankAccount | Repeated[OwnBankAccount] | Refusal, Changes | None]:
        account = _account(desk, self.claim)
        if not isinstance(account, Account):
            return account, None
        details = replace(self.new.details, account_name=account.name)
        made = OwnBankAccount(
            bank_account_id=desk.next_id(),
            currency=self.new.currency,
            is_valid=_is_valid(self.checks, account, details),
            details=details,
            created_ms=self.now_ms,
            updated_ms=self.now_ms,
        )
        claim = new_claim(self.claim, made.bank_account_id, self.now_ms)
        return made, Changes(claim=claim, bank_account=made)


class _ChangeCommand(Command[OwnBankAccount | Repeated[OwnBankAccount] | Unfit], frozen=True):
    claim: Claim
    change: BankAccountChange
    now_ms: int
    checks: Mapping[str, BankAccountCheck]

    def decide(self, desk: Desk) -> tuple[OwnBankAccount | Repeated[OwnBankAccount] | Unfit | Refusal, Changes | None]:
        account = _account(desk, self.claim)
        if not isinstance(account, Account):
            return account, None
        present = desk.bank_account(self.change.bank_account_id)
        if present is None:
            return Refusal.BANK_ACCOUNT_NOT_FOUND, None
        details = self.change.of(present)
        if details is None:
            return Unfit(present), None
        is_valid = _is_valid(self.checks, account, details)
        changed = replace(present, details=details, is_valid=is_valid, updated_ms=self.now_ms)
        claim = new_claim(self.claim, changed.bank_account_id, self.now_ms)
        return changed, Changes(claim=claim, bank_account=changed)


def _account(desk: Desk, claim: Claim) -> Account | Repeated[OwnBankAccount] | Refusal:
    """The account, if it is open and the reference is new."""
    if desk.account is None:
        return Refusal.ACCOUNT_NOT_FOUND
    if repeat := repeated_on(desk, claim, BANK_ACCOUNT):
        return repeat
    return desk.account if desk.account.is_open else Refusal.ACCOUNT_CLOSED


def _is_valid(checks: Mapping[str, BankAccountCheck], account: Account, details: BankAccountDetails) -> bool:
    """In the eyes of the rail that would pay to it."""
    check = checks.get(account.rail)
    return check is None or check(details)
