"""Check digits that no page of TeemoPay states but real rails demand: strict rules (see `rules`).

Each function takes a text that has its documented form already. CPF and CNPJ are in `core.pix`, addresses on a chain in
`core.chain_addresses`, because two APIs know them.
"""

from __future__ import annotations

import re
from typing import Final

from stdnum.ar import cbu
from stdnum.cl import rut

_CLABE_WEIGHTS: Final = (3, 7, 1) * 6


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
