"""By what two spellings are the name of one person: of who is paid, and of who decides."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from outlay.kit.characters import without_unseen

TEXTS_IN_MEMORY: Final = 256
"""One text is asked about several times in a row."""
LONGEST: Final = 512
"""Characters that are compared; no API takes more than 255, but some stand for eighteen others."""


def name_form(name: str) -> str:
    """By which two names are one person's: compatibility forms, case, kinds and numbers of blanks and marks without a
    look are nothing; accents are something. "" where the name says nothing."""
    return " ".join(folded(name).split())


@lru_cache(maxsize=TEXTS_IN_MEMORY)
def folded(text: str) -> str:
    """Without case and compatibility forms; blanks stay. Twice, because folding may leave what would fold again."""
    if text.isascii() and text.isprintable():
        return text.lower()
    for _ in range(2):
        text = without_unseen(text)[:LONGEST]
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold())
    return without_unseen(text)
