"""Reading the fields of a received body: collects what is wrong instead of stopping at the first fault.

Two of the wire APIs answer the *lowest* code of several faults, one the first field in documented order: so a reader
notes every fault in the order in which the dialect asks for the fields, and the dialect picks.

A field that is null, empty or shows nothing (only blanks and characters without a look) counts as absent: two of the
signatures drop such fields, so they cannot carry a meaning. Text with control characters, unpaired surrogates or marks
that turn the direction of writing is refused here, once for all: it could not be stored, or would show a reviewer
another name than the one that is paid. How much else is refused depends on what the text is: see `Content`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from enum import Enum, auto
from typing import Final, Protocol

import msgspec

from outlay.kit.characters import has_unseen, is_blank
from outlay.kit.jsontext import Json, JsonObject, Number
from outlay.wire.message import Request


class Content(Enum):
    """What a text is, and so which characters it may have."""

    LINE = auto()
    """A name, an address, a word: one line. Joiners are good, some scripts need them."""
    NUMBER = auto()
    """Of an account, a wallet, a phone, an amount, a code: every character can be seen, or one number is two."""
    REMARK = auto()
    """The merchant's own words, which go nowhere: lines and tabs are good."""


class Form(Protocol):
    """A regular expression, or what judges a whole text as one does."""

    def fullmatch(self, text: str, /) -> object: ...


_CONTROLS: Final = "must not contain control characters"
_SEPARATORS: Final = "must not contain line separators"
_TURNS: Final = "must not contain marks that turn the direction of writing"
_SURROGATES: Final = "must not contain unpaired surrogates"
_UNSEEN: Final = "must not contain invisible characters"
UNCLEAN_RULES: Final = frozenset({_CONTROLS, _SEPARATORS, _TURNS, _SURROGATES, _UNSEEN})
"""What a FieldFault says where a character is refused that is no part of any text of its kind."""
_NEVER: Final = "\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_UNCLEAN_REMARK: Final = re.compile(f"[{_NEVER}]")
_UNCLEAN: Final = re.compile(f"[{_NEVER}\t\n\x85\u2028\u2029]")
CONTENT_TYPE_RULE: Final = "Content-Type must be application/json"
_JSON_TYPE: Final = re.compile(r'application/json(\s*;\s*charset="?utf-8"?)?\s*', re.IGNORECASE)


class FieldFault(msgspec.Struct, frozen=True):
    """`field` is the path as a caller writes it (`beneficiary.destination.type`), `rule` what is allowed, worded to
    follow the field's name. Neither ever holds what was sent."""

    field: str
    rule: str
    missing: bool = False

    def __str__(self) -> str:
        return f"{self.field} {self.rule}"


def is_json_type(request: Request) -> bool:
    """Whether the body is said to be JSON in UTF-8; where not, CONTENT_TYPE_RULE says so to the caller."""
    return _JSON_TYPE.fullmatch(request.headers.get("content-type", "")) is not None


class FieldReader:
    """Reads one JSON object. Every method returns a usable value also after a fault, so that reading goes on."""

    def __init__(self, tree: JsonObject, path: str = "", faults: list[FieldFault] | None = None) -> None:
        self._tree = tree
        self._path = path
        self.faults: list[FieldFault] = [] if faults is None else faults

    def has(self, name: str) -> bool:
        return not _absent(self._tree.get(name))

    def fault(self, name: str, rule: str, *, missing: bool = False) -> None:
        self.faults.append(FieldFault(self._path + name, rule, missing))

    def raw(self, name: str) -> Json:
        """The value as it stands in the tree, None where absent."""
        return self._tree.get(name)

    def text(
        self,
        name: str,
        *,
        required: bool = True,
        longest: int = 255,
        shortest: int = 1,
        pattern: Form | None = None,
        choices: Collection[str] | None = None,
        rule: str = "",
        content: Content = Content.LINE,
    ) -> str:
        """A string of `shortest` to `longest` characters that matches `pattern` whole or is one of `choices`; "" where
        absent or wrong. `rule` words the pattern, or choices that are too many to name."""
        value = self._tree.get(name)
        if value is None or (isinstance(value, str) and is_blank(value)):  # _absent, for whatever body has most of
            if required:
                self.fault(name, "is required", missing=True)
            return ""
        if not isinstance(value, str):
            self.fault(name, "must be a string")
        elif len(value) > longest:
            self.fault(name, f"must be at most {longest} characters")
        elif len(value) < shortest:
            self.fault(name, f"must be at least {shortest} characters")
        elif not (value.isascii() and value.isprintable()) and (unclean := what_is_unclean(value, content)):
            self.fault(name, unclean)
        elif choices is not None and value not in choices:
            self.fault(name, rule or f"must be one of {', '.join(choices)}")
        elif pattern is not None and not pattern.fullmatch(value):
            self.fault(name, rule or "has the wrong form")
        else:
            return value
        return ""

    def integer(self, name: str, *, required: bool = True, smallest: int, largest: int) -> int | None:
        """A JSON integer (no point, no exponent) from `smallest` to `largest`; None where absent or wrong."""
        value = self._tree.get(name)
        if _absent(value):
            if required:
                self.fault(name, "is required", missing=True)
            return None
        if isinstance(value, Number) and value.is_integer and len(value.literal) <= 18:
            number = int(value.literal)
            if smallest <= number <= largest:
                return number
        self.fault(name, f"must be an integer from {smallest} to {largest}")
        return None

    def object(self, name: str, *, required: bool = True) -> FieldReader:
        """A reader of the object under `name`; of an empty one where absent or wrong, and then its required fields are
        not missed a second time: ask `has` first."""
        value = self._tree.get(name)
        if isinstance(value, dict):
            return FieldReader(value, f"{self._path}{name}.", self.faults)
        if not _absent(value):
            self.fault(name, "must be an object")
        elif required:
            self.fault(name, "is required", missing=True)
        return FieldReader({}, f"{self._path}{name}.", [])


def is_clean(text: str) -> bool:
    """Whether a text from elsewhere (a header, a path) can be stored and shown."""
    return _UNCLEAN.search(text) is None


def what_is_unclean(text: str, content: Content = Content.LINE) -> str | None:
    """The rule that the first bad character of `text` breaks, worded to follow the field's name; None where it is
    clean."""
    match (_UNCLEAN_REMARK if content is Content.REMARK else _UNCLEAN).search(text):
        case None:
            return _UNSEEN if content is Content.NUMBER and has_unseen(text) else None
        case found:
            return _rule_against(found.group())


def _rule_against(character: str) -> str:
    match unicodedata.category(character):
        case "Zl" | "Zp":
            return _SEPARATORS
        case "Cf":
            return _TURNS
        case "Cs":
            return _SURROGATES
        case _:
            return _CONTROLS


def _absent(value: Json) -> bool:
    return value is None or (isinstance(value, str) and is_blank(value))
