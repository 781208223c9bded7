"""Is this text a well-formed number of the kind that is paid to: an IBAN, a wallet's address on its network, a PIX key?
Or one of Brazil's tax numbers?

Form and check digits only: whether the account exists, and whose it is, only the rail can tell. No document states any
of these checks but the forms of PIX keys, so all others are made only where the account's destinations are checked
(decision). What a PIX key is stands in `core.pix`, because two APIs know them.

Two traps. A library may strip blanks before it looks, so the exact form is checked first: what a rail would read
otherwise is money sent elsewhere. And a wrong digit in an ERC20 or BEP20 address goes unseen: what guards it is the
spelling in capitals of EIP-55, which is optional and needs Keccak, none of Python's hashes; only the form is checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from stdnum import iban
from stdnum.exceptions import ValidationError

from outlay.core.pix import PixKeyKind, has_pix_key_form, is_valid_cnpj, is_valid_cpf, is_valid_pix_key
from outlay.dialects.lesspay import schema

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE: Final = {character: value for value, character in enumerate(_BASE58)}
_CHECKSUM_BYTES: Final = 4
_TRON_CHARACTERS: Final = 34
_TRON_VERSION: Final = 0x41  # what makes every address begin with T
_TRON_BYTES: Final = 21
_TAX_ID_SIGNS: Final = str.maketrans("", "", "./-")  # as people write a CPF and a CNPJ


def is_pix_key(kinds: Iterable[PixKeyKind], text: str, *, strict: bool) -> bool:
    """Whether it has the form of one of these kinds; if strict, its check digits must be right too."""
    is_good = is_valid_pix_key if strict else has_pix_key_form
    return any(is_good(kind, text) for kind in kinds)


def is_brazilian_tax_id(text: str) -> bool:
    """A CPF or a CNPJ whose check digits are right, bare or with its signs."""
    bare = text.translate(_TAX_ID_SIGNS)
    return is_valid_cpf(bare) or is_valid_cnpj(bare)


def is_valid_iban(text: str) -> bool:
    """Its length and letters as the country has them, and the remainder of 97 (ISO 13616)."""
    if not schema.IBAN_FORM.fullmatch(text):
        return False
    try:
        iban.validate(text)
    except ValidationError:
        return False
    return True


def is_valid_wallet_address(network: str, text: str) -> bool:
    """`network`: one of the documented ones."""
    if network == "TRC20":
        return _is_tron_address(text)
    return schema.HEX_ADDRESS_FORM.fullmatch(text) is not None


def _is_tron_address(text: str) -> bool:
    if len(text) != _TRON_CHARACTERS or not text.startswith("T"):
        return False
    payload = base58check_payload(text)
    return payload is not None and len(payload) == _TRON_BYTES and payload[0] == _TRON_VERSION


def base58check_payload(text: str) -> bytes | None:
    """What a Base58Check text carries before its checksum (the first four bytes of a double SHA-256); None where it is
    none."""
    number = 0
    for character in text:
        value = _BASE58_VALUE.get(character)
        if value is None:
            return None
        number = number * len(_BASE58) + value
    zeros = len(text) - len(text.lstrip(_BASE58[0]))  # each leading zero byte is written as one digit
    raw = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    payload, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    expected = sha256(sha256(payload).digest()).digest()[:_CHECKSUM_BYTES]
    return payload if checksum == expected else None
