"""Check digits and addresses that no page of TeemoPay states but real rails demand: strict rules (see `rules`).

Each function takes a text that has its documented form already. CPF and CNPJ are in `core.pix`, because two APIs know
them.

The trap: what guards an ERC20 address against a wrong digit is the spelling in capitals of EIP-55, which is optional
and needs Keccak, none of Python's hashes; only its form is checked.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

from stdnum import bitcoin
from stdnum.ar import cbu
from stdnum.cl import rut

_CLABE_WEIGHTS: Final = (3, 7, 1) * 6
_TRON_FORM: Final = re.compile("T[1-9A-HJ-NP-Za-km-z]{33}")
_TRON_BYTES: Final = 21
_TRON_VERSION: Final = 0x41
_ERC20_FORM: Final = re.compile("0x[0-9A-Fa-f]{40}")


def is_valid_clabe(text: str) -> bool:
    """18 digits; the last one makes the sum of each product's last digit (3, 7, 1, …) end in 0."""
    if not re.fullmatch("[0-9]{18}", text):
        return False
    total = sum(int(digit) * weight % 10 for digit, weight in zip(text[:17], _CLABE_WEIGHTS, strict=False))
    return -total % 10 == int(text[17])


def is_valid_rut(text: str) -> bool:
    """Eight digits and the check character, a digit or K."""
    return bool(rut.is_valid(text))


def is_valid_cbu(text: str) -> bool:
    """22 digits with two check digits; a CVU has the same."""
    return bool(cbu.is_valid(text))


def is_tron_address(text: str) -> bool:
    """Base58Check of 21 bytes, of which the first makes the T."""
    if not _TRON_FORM.fullmatch(text):
        return False
    raw = bitcoin.b58decode(text)
    payload, checksum = raw[:_TRON_BYTES], raw[_TRON_BYTES:]
    return payload[0] == _TRON_VERSION and sha256(sha256(payload).digest()).digest()[:4] == checksum


def is_erc20_address(text: str) -> bool:
    return _ERC20_FORM.fullmatch(text) is not None
