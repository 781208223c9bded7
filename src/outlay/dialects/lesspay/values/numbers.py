"""Is this text a well-formed number of the kind that is paid to: an IBAN, a wallet's address on its network, a PIX key?
Or one of Brazil's tax numbers?

Form and check digits only: whether the account exists, and whose it is, only the rail can tell. No document states any
of these checks but the forms of PIX keys, so all others are made only where the account's destinations are checked
(decision). What a PIX key is stands in `core.pix`, what an address on a chain in `core.chain_addresses`, because two
APIs know them.

The trap: a library may strip blanks before it looks, so the exact form is checked first: what a rail would read
otherwise is money sent elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from stdnum import iban
from stdnum.exceptions import ValidationError

from outlay.core.chain_addresses import is_hex_address, is_tron_address
from outlay.core.pix import PixKeyKind, has_pix_key_form, is_valid_cnpj, is_valid_cpf, is_valid_pix_key
from outlay.dialects.lesspay import schema

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
        return is_tron_address(text)
    return is_hex_address(text)
