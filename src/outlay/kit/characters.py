"""Characters that nobody sees: two texts that differ only in them look alike.

In a number they would make one account two, so they are refused there; wherever a text must not be blank they count as
nothing; inside names joiners are good, because some scripts need them.

The trap: `str.isspace` and `str.isprintable` know neither zero-width characters nor the fillers that are letters to
Unicode, so neither is enough by itself.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNSEEN_OTHERS: Final = frozenset(
    "\u00a0\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u202f\u205f\u2800\u3000\u3164\uffa0"
    + "".join(map(chr, (*range(0x2000, 0x200B), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""No-break and wide blanks, letters and marks without a glyph, and selectors of a glyph's variant: their category is
that of seen ones."""


@lru_cache(maxsize=4096)
def is_unseen(character: str) -> bool:
    """Whether this one character has no look of its own. The plain blank is none: everybody knows that it is there."""
    return character in _UNSEEN_OTHERS or unicodedata.category(character) in _UNSEEN_CATEGORIES


def has_unseen(text: str) -> bool:
    """Whether any character of `text` has no look of its own."""
    if text.isascii():
        return not text.isprintable()
    return any(map(is_unseen, text))


def is_blank(text: str) -> bool:
    """Whether `text` says nothing: it is empty, or all blanks and marks without a look. Control characters, halves of
    surrogate pairs and characters that Unicode gives no meaning are no blanks: they say something, if nothing good."""
    if "!" <= text[:1] <= "~":  # nearly every text
        return False
    return all(
        character.isspace() or character in _UNSEEN_OTHERS or unicodedata.category(character) == "Cf"
        for character in text
    )


def without_unseen(text: str) -> str:
    """`text` as it looks: marks without a look are off, and each blank of another kind is a plain one."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or not is_unseen(character)
    )


def plain(text: str) -> str:
    """`text` without anything that a terminal or a log would obey: merchants choose references and names."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


_UNKEPT: Final = re.compile("[\0\ud800-\udfff]")


def kept(text: str) -> str:
    """`text` as a database can keep it: no column takes a zero character, nor half of a surrogate pair, though JSON
    brings both. They are written out, so that nothing is lost."""
    return _UNKEPT.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
