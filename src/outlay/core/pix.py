"""PIX keys, Brazil's short names for bank accounts: is this text a well-formed key of the kind that was given?

The kind is always given, never guessed: eleven digits can be a CPF as well as a phone number. Whether the key exists,
and whose it is, only the rail can tell. Which fault a bad key earns, each dialect says.

The trap: libraries for these numbers strip punctuation and blanks before they check, and `\\d` and `isdigit` accept
digits of any script. A key that a rail would read differently is money sent elsewhere, so the form is checked first,
exactly, in ASCII.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from stdnum.br import cnpj, cpf


class PixKeyKind(StrEnum):
    CPF = "cpf"
    """A person's tax number."""
    CNPJ = "cnpj"
    """A company's tax number."""
    PHONE = "phone"
    EMAIL = "email"
    EVP = "evp"
    """A random key, in the form of a UUID."""


_LONGEST_EMAIL: Final = 77  # (decision), and the limit of Brazil's central directory
_CPF: Final = re.compile(r"[0-9]{11}")
_CNPJ: Final = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
_PHONE: Final = re.compile(r"\+55[0-9]{11}")
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
_EVP: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def is_valid_pix_key(kind: PixKeyKind, text: str) -> bool:
    """Whether `text` is a well-formed key of this kind, exactly as it stands, and its check digits are right."""
    match kind:
        case PixKeyKind.CPF:
            return is_valid_cpf(text)
        case PixKeyKind.CNPJ:
            return is_valid_cnpj(text)
        case PixKeyKind.PHONE | PixKeyKind.EMAIL | PixKeyKind.EVP:
            return has_pix_key_form(kind, text)


def has_pix_key_form(kind: PixKeyKind, text: str) -> bool:
    """Whether `text` has the length and the characters of a key of this kind, whatever its check digits."""
    match kind:
        case PixKeyKind.CPF:
            return _CPF.fullmatch(text) is not None
        case PixKeyKind.CNPJ:
            return _CNPJ.fullmatch(text) is not None
        case PixKeyKind.PHONE:
            return _PHONE.fullmatch(text) is not None  # (docs) the plain rule; which numbers are in use changes
        case PixKeyKind.EMAIL:
            return len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None
        case PixKeyKind.EVP:
            return _EVP.fullmatch(text) is not None


def is_valid_cpf(text: str) -> bool:
    """Eleven bare digits whose check digits are right. All equal ones pass the sum but belong to nobody (decision)."""
    return _CPF.fullmatch(text) is not None and not _all_equal(text) and bool(cpf.is_valid(text))


def is_valid_cnpj(text: str) -> bool:
    """Fourteen bare digits, or the form of 2026 with upper-case letters in the first twelve places (decision)."""
    return _CNPJ.fullmatch(text) is not None and not _all_equal(text) and bool(cnpj.is_valid(text))


def canonical_pix_key(kind: PixKeyKind, text: str) -> str:
    """The one spelling by which two keys are compared: e-mail addresses and random keys in lower case.

    Raises ValueError for a bad key: lower case could turn foreign letters into ASCII ones and so make a key good.
    """
    if not is_valid_pix_key(kind, text):
        raise ValueError("not a PIX key of this kind")
    return text.lower() if kind in (PixKeyKind.EMAIL, PixKeyKind.EVP) else text


def _all_equal(text: str) -> bool:
    return text == text[0] * len(text)
