"""Normal forms: by what two spellings are the same person or the same number.

What was typed or sent is kept as it came; only what is compared is brought into its form, on both sides. A form is for
comparing alone, never for showing or paying.

Of a blocked text nobody said what it is, so it has a form for each kind that it can be (`block_forms`). In an order
each number has its place, and so its kind; it has the forms of that kind (`number_forms`, `phone_forms`,
`address_forms`, `word_forms`). An order is hit where the two sides share one.

Two traps. Letter case is part of an address in base58, and of no other number: so an address is the one text that is
compared as it stands. And the digits of a phone in its own country are other people's numbers elsewhere: they count
only where one of the two sides says no country.

The libraries for telephone numbers and IBANs are loaded when they are first asked: most commands never do, and a server
loads them at its start (process.run).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from outlay.core.names import LONGEST, TEXTS_IN_MEMORY, folded, name_form
from outlay.kit.characters import without_unseen

_KEEPS_CASE: Final = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[0-9A-Za-z_-]{25,}")
"""No address in base58 or Base64 is shorter, and by all likelihood none has letters of one case only."""
_HEX: Final = re.compile(r"(?:0[xX])?[0-9A-Fa-f]+")
_CAN_BE_PHONE: Final = re.compile(r"[0-9]{5,20}")
_BLOCKS_IN_MEMORY: Final = 16_384


def block_key(text: str) -> str:
    """By which two blocked texts are one number."""
    if _keeps_case(text):
        return _address(text)
    known = _parsed(text, None)
    return _number("".join(map(str, known))) if known is not None else _number(text)


@lru_cache(maxsize=_BLOCKS_IN_MEMORY)
def block_forms(text: str) -> frozenset[str]:
    """Of a blocked text: of every kind that it can be."""
    return frozenset({block_key(text), _number(text), _address(text)} | word_forms(text) | _blocked_phone(text))


def number_forms(text: str) -> set[str]:
    """Of an account, an IBAN, a document, a card, an EVP: letters and digits are all, in capitals. What has an @ is an
    e-mail or an alias: there case alone is nothing. And a + says by itself that it is a phone."""
    return {_number(text)} | (_ordered_phone(text, None) if _is_international(text) else set())


def phone_forms(text: str, country: str | None) -> set[str]:
    """Of a number that may be a phone's: the forms of a number, and those of a phone with and without the code of its
    country. `country` (ISO 3166 alpha-2): where it is, if it does not say so itself."""
    return {_number(text)} | _ordered_phone(text, country)


def address_forms(text: str) -> set[str]:
    """Of an address of a chain: as it stands, unless its letters are all of one case or it is a hexadecimal number."""
    return {_address(text)}


def word_forms(text: str) -> set[str]:
    """Of a text that is no number: the whole of it, as names are compared."""
    return {f"word {name_form(text)}"}


# -- texts --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=TEXTS_IN_MEMORY)
def _plain(text: str) -> str:
    """Compatibility forms are what they stand for, digits of every script are ASCII's; without blanks and what has no
    look. The marks go first: one inside a letter would keep it from being put together."""
    if text.isascii() and text.isprintable():  # nearly every number
        return text.replace(" ", "")
    seen = without_unseen(unicodedata.normalize("NFKC", without_unseen(text))[:LONGEST])
    return "".join(str(unicodedata.decimal(char, char)) for char in seen if not char.isspace())


def _compact(text: str) -> str:
    return "".join(filter(str.isalnum, _plain(text)))


def _number(text: str) -> str:
    return f"number {_without_case(text)}"


def _address(text: str) -> str:
    return f"address {_plain(text) if _keeps_case(text) else _without_case(text)}"


def _without_case(text: str) -> str:
    """Of an e-mail or an alias every character, and so of what has neither letter nor digit."""
    plain = _plain(folded(text))
    letters = "".join(filter(str.isalnum, plain)).upper()
    return plain if "@" in plain or not letters else letters


def _keeps_case(text: str) -> bool:
    compact = _compact(text)
    if _KEEPS_CASE.fullmatch(_plain(text)) is None or _HEX.fullmatch(compact) is not None:
        return False
    from stdnum import iban  # noqa: PLC0415 (by need)

    return not iban.is_valid(compact.upper())


# -- phones -------------------------------------------------------------------------------------------------------


def _whole_phone(digits: str) -> str:
    """With the country's code."""
    return f"phone {digits.lstrip('0')}"


def _for_bare_orders(digits: str) -> str:
    """What an order that says no country may mean."""
    return f"phone in orders {digits.lstrip('0')}"


def _for_bare_blocks(digits: str) -> str:
    """What a block that says no country may mean."""
    return f"phone in blocks {digits.lstrip('0')}"


def _blocked_phone(text: str) -> set[str]:
    digits = _compact(text)
    if not _CAN_BE_PHONE.fullmatch(digits):
        return set()
    forms = {_whole_phone(digits), _for_bare_orders(digits)}
    known = _parsed(text, None)
    if known is None:
        forms.add(_for_bare_blocks(digits))
        known = _parsed("+" + digits.lstrip("0"), None)  # the country's code may be there without its +
    if known is not None:
        code, national = known
        forms |= {_whole_phone(f"{code}{national}"), _for_bare_orders(national)}
    return forms


def _ordered_phone(text: str, country: str | None) -> set[str]:
    digits = _compact(text)
    if not _CAN_BE_PHONE.fullmatch(digits):
        return set()
    known = _parsed(text, country)
    if known is None:
        return {_for_bare_orders(digits)}
    code, national = known
    return {_whole_phone(f"{code}{national}"), _for_bare_blocks(national)}


def _parsed(text: str, country: str | None) -> tuple[int, str] | None:
    """The country's code, and the number inside the country; None where it is no phone, or of an unknown country."""
    digits = _compact(text)
    if not _CAN_BE_PHONE.fullmatch(digits):
        return None
    import phonenumbers  # noqa: PLC0415 (by need)

    try:
        phone = phonenumbers.parse(f"+{digits}" if _is_international(text) else digits, country)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(phone)
    return (phone.country_code, national) if phone.country_code is not None else None


def _is_international(text: str) -> bool:
    return _plain(text).lstrip("([").startswith("+")
