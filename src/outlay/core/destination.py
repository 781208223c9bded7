"""Where money goes: one kind of place each, in neutral form. Empty is what an order does not say.

Every kind may say the country in which is paid, and the bank (or what does a bank's work) that keeps the account.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class DestinationKind(StrEnum):
    BANK = "bank"
    PIX = "pix"
    WALLET = "wallet"
    CRYPTO = "crypto"
    OWN_ACCOUNT = "own_account"
    ACCOUNT = "account"
    CARD = "card"


class KeyKind(StrEnum):
    """What a key is that stands for an account."""

    CPF = "cpf"
    CNPJ = "cnpj"
    EMAIL = "email"
    PHONE = "phone"
    RANDOM = "random"
    """In Brazil an EVP, in the form of a UUID."""
    HANDLE = "handle"
    """name@bank, as India's UPI has it."""
    ANY = "any"
    """A key of any kind: nobody said of which."""


class AccountKind(StrEnum):
    SAVINGS = "savings"
    CHECKING = "checking"
    PAYMENT = "payment"


class BankCodeKind(StrEnum):
    """The national systems by which banks are numbered."""

    ABA = "aba"
    SORT_CODE = "sort_code"
    BSB = "bsb"
    IFSC = "ifsc"
    CNAPS = "cnaps"

    @classmethod
    def of(cls, code_type: str) -> BankCodeKind | None:
        """By the word under which a merchant's own account keeps it; None of a bank's code in no such system."""
        return _WORDS.get(code_type)


_WORDS: Final = {
    "aba": BankCodeKind.ABA,
    "sort_code": BankCodeKind.SORT_CODE,
    "bsb_code": BankCodeKind.BSB,
    "ifsc": BankCodeKind.IFSC,
    "cnaps_number": BankCodeKind.CNAPS,
}


class BankCode(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: BankCodeKind
    value: str


class Bank(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    name: str = ""
    code: str = ""
    """In the list of whoever pays, or the country's where it has but one."""
    swift: str = ""
    codes: tuple[BankCode, ...] = ()
    """National ones, by the system that each belongs to."""
    branch_name: str = ""
    branch_code: str = ""
    province: str = ""
    city: str = ""


class _Place(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    country: str = ""
    bank: Bank | None = None


class BankAccount(_Place, tag_field="kind", tag="bank", frozen=True, omit_defaults=True, kw_only=True):
    """`number` may be a key that stands for the account: then `key_kind` says of which kind."""

    number: str = ""
    iban: str = ""
    interbank_number: str = ""
    """The account's number in all banks of the country, where it has another one in its own (Peru's CCI)."""
    key_kind: KeyKind | None = None
    account_kind: AccountKind | None = None
    purpose_code: str = ""

    @property
    def account_number(self) -> str:
        return self.number or self.iban


class PixKey(_Place, tag_field="kind", tag="pix", frozen=True, omit_defaults=True, kw_only=True):
    key: str = ""
    key_kind: KeyKind | None = None
    provider: str = ""
    """Where the order names another than PIX itself."""

    @property
    def account_number(self) -> str:
        return self.key


class Wallet(_Place, tag_field="kind", tag="wallet", frozen=True, omit_defaults=True, kw_only=True):
    """Named by its number, by a key, or by both."""

    provider: str = ""
    number: str = ""
    key: str = ""
    key_kind: KeyKind | None = None
    iban: str = ""
    interbank_number: str = ""

    @property
    def account_number(self) -> str:
        return self.number or self.key


class CryptoAddress(_Place, tag_field="kind", tag="crypto", frozen=True, omit_defaults=True, kw_only=True):
    address: str = ""
    network: str = ""

    @property
    def account_number(self) -> str:
        return self.address


class Card(_Place, tag_field="kind", tag="card", frozen=True, omit_defaults=True, kw_only=True):
    number: str = ""

    @property
    def account_number(self) -> str:
        return self.number


class OwnAccount(_Place, tag_field="kind", tag="own_account", frozen=True, omit_defaults=True, kw_only=True):
    """The merchant's own bank account: nobody is named in the order. A snapshot of the registered one; empty where the
    rail knows where to."""

    number: str = ""

    @property
    def account_number(self) -> str:
        return self.number


class AccountHere(_Place, tag_field="kind", tag="account", frozen=True, omit_defaults=True, kw_only=True):
    """Another account of the same master, here."""

    account_id: str = ""
    """In full as soon as it is known whose it is; in an order perhaps its short form."""

    @property
    def account_number(self) -> str:
        return self.account_id


Destination = BankAccount | PixKey | Wallet | CryptoAddress | Card | OwnAccount | AccountHere

KINDS: Final[dict[type, DestinationKind]] = {
    BankAccount: DestinationKind.BANK,
    PixKey: DestinationKind.PIX,
    Wallet: DestinationKind.WALLET,
    CryptoAddress: DestinationKind.CRYPTO,
    Card: DestinationKind.CARD,
    OwnAccount: DestinationKind.OWN_ACCOUNT,
    AccountHere: DestinationKind.ACCOUNT,
}
