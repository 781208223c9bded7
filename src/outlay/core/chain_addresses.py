"""Addresses of wallets on a chain: is this text a well-formed one? Two APIs pay to them.

No document states it, so it is asked only where destinations are checked.

The trap: what guards a hexadecimal address against a wrong digit is the spelling in capitals of EIP-55, which is
optional and needs Keccak, none of Python's hashes; only its form is checked.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

from stdnum import bitcoin

_TRON_FORM: Final = re.compile("T[1-9A-HJ-NP-Za-km-z]{33}")
_TRON_BYTES: Final = 21
_TRON_VERSION: Final = 0x41
_HEX_FORM: Final = re.compile("0x[0-9A-Fa-f]{40}")


def is_tron_address(text: str) -> bool:
    """Base58Check of 21 bytes, of which the first makes the T: TRC20."""
    if not _TRON_FORM.fullmatch(text):
        return False
    raw = bitcoin.b58decode(text)
    payload, checksum = raw[:_TRON_BYTES], raw[_TRON_BYTES:]
    return payload[0] == _TRON_VERSION and sha256(sha256(payload).digest()).digest()[:4] == checksum


def is_hex_address(text: str) -> bool:
    """`0x` and 40 hexadecimal digits: ERC20, BEP20."""
    return _HEX_FORM.fullmatch(text) is not None
