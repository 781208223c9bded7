"""What of an answer a test compares: a document that remembers which of its values were held against something.

A test that only fetches an answer would not notice if a field of it were wrong. So while exchanges are recorded, tests
get their answers made of the classes below, which are equal to, and print like, what json.loads gives.

Three traps. A comparison that comes out unequal, as while a test waits for something, does not say what a value should
be. Whoever holds one answer against another, or a value against itself, has not said it either: the one counts as
compared if the other is. And what a test copies into a dictionary of its own is no longer followed: it counts as never
compared, which is the safe side.
"""

from __future__ import annotations

import re
from typing import Any, Protocol


class Listener(Protocol):
    """Of one answer; a path is that of a value in it."""

    def compared(self, path: str, value: Any) -> None:
        """The value was held against what it should be."""

    def same(self, path: str, other: Listener, other_path: str) -> None:
        """It was held against a value of another answer."""


def following(document: Any, listener: Listener, path: str = "") -> Any:
    """The document; what a test compares of it is told to the listener. A value that cannot be followed (null, true,
    false, a fraction) counts as compared when it is read."""
    match document:
        case dict():
            inner = {
                name: following(value, listener, f"{path}.{name}" if path else name) for name, value in document.items()
            }
            return FollowedObject(inner).heard_by(listener, path)
        case list():
            return FollowedArray([following(value, listener, f"{path}[]") for value in document]).heard_by(
                listener, path
            )
        case str():
            return FollowedText(document).heard_by(listener, path)
        case int() if not isinstance(document, bool):
            return FollowedNumber(document).heard_by(listener, path)
        case _:
            return document


class _Followed:
    _listener: Listener
    _path: str

    def heard_by(self, listener: Listener, path: str) -> Any:
        self._listener, self._path = listener, path
        return self

    def _hold_against(self, other: object) -> None:
        if isinstance(other, _Followed):
            self._listener.same(self._path, other._listener, other._path)
        else:
            self._tell()

    def _if_true(self, is_equal: bool, other: object) -> bool:
        """Only what came out equal says what a value should be; NotImplemented is neither."""
        if is_equal is True:
            self._hold_against(other)
        return is_equal

    def _tell(self) -> None:
        self._listener.compared(self._path, self)


def _telling(plain: Any) -> Any:
    """A method by which a test looks what a value is like."""

    def method(self: Any, *arguments: Any) -> Any:
        self._tell()
        return plain(self, *arguments)

    return method


class FollowedText(_Followed, str):
    def __eq__(self, other: object) -> bool:
        return self._if_true(str.__eq__(self, other), other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__
    __contains__ = _telling(str.__contains__)
    startswith = _telling(str.startswith)
    endswith = _telling(str.endswith)
    removeprefix = _telling(str.removeprefix)
    partition = _telling(str.partition)
    split = _telling(str.split)
    replace = _telling(str.replace)
    __int__ = _telling(lambda self: int(str(self)))


class FollowedNumber(_Followed, int):
    def __eq__(self, other: object) -> bool:
        return self._if_true(int.__eq__(self, other), other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__
    __lt__ = _telling(int.__lt__)
    __le__ = _telling(int.__le__)
    __gt__ = _telling(int.__gt__)
    __ge__ = _telling(int.__ge__)
    __sub__ = _telling(int.__sub__)
    __rsub__ = _telling(int.__rsub__)


class FollowedArray(_Followed, list[Any]):
    def __eq__(self, other: object) -> bool:
        return _whole(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]
    __len__ = _telling(list.__len__)


class FollowedObject(_Followed, dict[str, Any]):
    def __getitem__(self, name: str) -> Any:
        value = dict.__getitem__(self, name)
        if not isinstance(value, _Followed):
            self._listener.compared(f"{self._path}.{name}" if self._path else name, value)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def __eq__(self, other: object) -> bool:
        return _whole(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


def has_form(form: str, text: str) -> bool:
    """Whether the whole text has this form: where it cannot be foreseen letter by letter."""
    if isinstance(text, FollowedText):
        text._tell()
    return re.fullmatch(form, str(text)) is not None


def _whole(value: Any, other: object) -> bool:
    is_equal: bool = _plain(value) == _plain(other)
    if is_equal:
        compare_all(value, other)
    return is_equal


def _plain(value: Any) -> Any:
    """The same without anybody who listens."""
    match value:
        case dict():
            return {name: _plain(inner) for name, inner in dict.items(value)}
        case list():
            return [_plain(inner) for inner in list.__iter__(value)]
        case FollowedText():
            return str(value)
        case FollowedNumber():
            return int(value)
        case _:
            return value


def compare_all(value: Any, other: Any) -> None:
    """Whoever compares a whole compares all that is in it."""
    match value, other:
        case FollowedObject(), dict():
            for name in value.keys() & other.keys():
                inner = dict.__getitem__(value, name)
                if not isinstance(inner, _Followed):
                    value[name]
                compare_all(inner, dict.__getitem__(other, name))
        case FollowedArray(), list():
            value._hold_against(other)
            for inner, beside in zip(list.__iter__(value), list.__iter__(other), strict=False):
                compare_all(inner, beside)
        case _Followed(), _:
            value._hold_against(other)
