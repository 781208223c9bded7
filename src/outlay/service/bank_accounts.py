"""A merchant's own bank accounts: registered and changed under idempotency keys, as everything that callers make."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec
from msgspec.structs import replace

from outlay.core.account import Account
from outlay.core.bank_account import BankAccount, BankAccountDetails
from outlay.core.refusal import Refusal
from outlay.service.claims import answer_no, new_claim, repeated_on
from outlay.service.runtime import BankAccountCheck, Runtime
from outlay.store import lists
from outlay.store.desk import Changes, Desk, Needs
from outlay.store.guard import Guard
from outlay.store.reader import PayoutQuestion
from outlay.wire.problems import Fault
from outlay.wire.usecases import (
    AddBankAccount,
    BankAccountSaved,
    BankAccountsListed,
    ChangeBankAccount,
    Claim,
    ListBankAccounts,
    Repeated,
)


async def add_bank_account(
    runtime: Runtime, account_id: UUID, ask: AddBankAccount
) -> BankAccountSaved | Repeated | Refusal | Fault:
    if isinstance(ask.details, Fault):
        return await answer_no(runtime, PayoutQuestion(account_id), ask.claim, "bank_account", ask.details)
    answer: BankAccountSaved | Repeated | Refusal = await runtime.clerk.do(
        _AddCommand(account_id, ask, ask.details, runtime.now_ms(), runtime.bank_account_checks)
    )
    return answer


async def change_bank_account(
    runtime: Runtime, account_id: UUID, ask: ChangeBankAccount
) -> BankAccountSaved | Repeated | Refusal | Fault:
    answer: BankAccountSaved | Repeated | Refusal | Fault = await runtime.clerk.do(
        _ChangeCommand(account_id, ask, runtime.now_ms(), runtime.bank_account_checks)
    )
    return answer


async def find_bank_account(runtime: Runtime, account_id: UUID, bank_account_id: int) -> BankAccountSaved | Refusal:
    found = await lists.find_bank_account(runtime.callers, account_id, bank_account_id)
    return BankAccountSaved(found) if found is not None else Refusal.BANK_ACCOUNT_NOT_FOUND


async def list_bank_accounts(runtime: Runtime, account_id: UUID, ask: ListBankAccounts) -> BankAccountsListed:
    found, total = await lists.list_bank_accounts(runtime.callers, account_id, skip=ask.skip, limit=ask.limit)
    return BankAccountsListed(tuple(found), total)


class _AddCommand(msgspec.Struct, frozen=True):
    account_id: UUID
    ask: AddBankAccount
    details: BankAccountDetails
    now_ms: int
    checks: Mapping[str, BankAccountCheck]
    guard: Guard | None = None
    weight: int = 1

    @property
    def needs(self) -> Needs:
        return Needs(references=self.ask.claim.references, subject="bank_account")

    def decide(self, desk: Desk) -> tuple[BankAccountSaved | Repeated | Refusal, Changes | None]:
        account = _account(desk, self.ask.claim)
        if not isinstance(account, Account):
            return account, None
        details = replace(self.details, account_name=account.name)
        made = BankAccount(
            bank_account_id=desk.next_id(),
            currency=self.ask.currency,
            is_valid=_is_valid(self.checks, account, details),
            details=details,
            created_ms=self.now_ms,
            updated_ms=self.now_ms,
        )
        claim = new_claim(self.ask.claim, made.bank_account_id, self.now_ms)
        return BankAccountSaved(made), Changes(claim=claim, bank_account=made)


class _ChangeCommand(msgspec.Struct, frozen=True):
    account_id: UUID
    ask: ChangeBankAccount
    now_ms: int
    checks: Mapping[str, BankAccountCheck]
    guard: Guard | None = None
    weight: int = 1

    @property
    def needs(self) -> Needs:
        references = self.ask.claim.references
        return Needs(references=references, subject="bank_account", bank_account_id=self.ask.bank_account_id)

    def decide(self, desk: Desk) -> tuple[BankAccountSaved | Repeated | Refusal | Fault, Changes | None]:
        account = _account(desk, self.ask.claim)
        if not isinstance(account, Account):
            return account, None
        present = desk.bank_account(self.ask.bank_account_id)
        if present is None:
            return Refusal.BANK_ACCOUNT_NOT_FOUND, None
        details = self.ask.change(present)
        if isinstance(details, Fault):
            return details, None
        is_valid = _is_valid(self.checks, account, details)
        changed = replace(present, details=details, is_valid=is_valid, updated_ms=self.now_ms)
        claim = new_claim(self.ask.claim, changed.bank_account_id, self.now_ms)
        return BankAccountSaved(changed), Changes(claim=claim, bank_account=changed)


def _account(desk: Desk, claim: Claim) -> Account | Repeated | Refusal:
    """The account, if it is open and the reference is new."""
    if desk.account is None:
        return Refusal.ACCOUNT_NOT_FOUND
    if repeat := repeated_on(desk, claim, "bank_account"):
        return repeat
    return desk.account if desk.account.is_open else Refusal.ACCOUNT_CLOSED


def _is_valid(checks: Mapping[str, BankAccountCheck], account: Account, details: BankAccountDetails) -> bool:
    """In the eyes of the rail that would pay to it."""
    check = checks.get(account.rail)
    return check is None or check(details)
