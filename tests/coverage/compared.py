"""What of an answer a test compares: a document that remembers which of its values were held against something.

A test that only fetches an answer would not notice if a field of it were wrong. So while exchanges are recorded, tests
get their answers made of the classes below, which are equal to, and print like, what json.loads gives.

Two traps. Whoever holds one answer against another, or a value against itself, has not said what it should be: that
does not count. And what a test copies into a dictionary of its own is no longer followed: it counts as never compared,
which is the safe side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Tell = Callable[[str, Any], None]
"""Of a path and the value that stands there."""


def following(document: Any, tell: Tell, path: str = "") -> Any:
    """The document, of which each value that is compared, or that is none of the kinds that can be followed and is
    read, is told to `tell`."""
    match document:
        case dict():
            inner = {
                name: following(value, tell, f"{path}.{name}" if path else name) for name, value in document.items()
            }
            return FollowedObject(inner, tell, path)
        case list():
            return FollowedArray([following(value, tell, f"{path}[]") for value in document], tell, path)
        case str():
            return FollowedText(document).told_by(tell, path)
        case int() if not isinstance(document, bool):
            return FollowedNumber(document).told_by(tell, path)
        case _:
            return document


def _is_followed(value: Any) -> bool:
    return isinstance(value, FollowedObject | FollowedArray | FollowedText | FollowedNumber)


class FollowedText(str):
    _tell: Tell
    _path: str

    def told_by(self, tell: Tell, path: str) -> FollowedText:
        self._tell, self._path = tell, path
        return self

    def __eq__(self, other: object) -> bool:
        if not _is_followed(other):
            self._tell(self._path, str(self))
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __contains__(self, part: str) -> bool:  # type: ignore[override]
        self._tell(self._path, str(self))
        return super().__contains__(part)

    def startswith(self, *how: Any) -> bool:
        self._tell(self._path, str(self))
        return super().startswith(*how)

    def __int__(self) -> int:
        """An amount or a time that is read to be compared."""
        self._tell(self._path, str(self))
        return int(str(self))


class FollowedNumber(int):
    _tell: Tell
    _path: str

    def told_by(self, tell: Tell, path: str) -> FollowedNumber:
        self._tell, self._path = tell, path
        return self

    def __eq__(self, other: object) -> bool:
        if not _is_followed(other):
            self._tell(self._path, int(self))
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: int) -> bool:
        self._tell(self._path, int(self))
        return super().__lt__(other)

    def __gt__(self, other: int) -> bool:
        self._tell(self._path, int(self))
        return super().__gt__(other)

    def __le__(self, other: int) -> bool:
        self._tell(self._path, int(self))
        return super().__le__(other)

    def __ge__(self, other: int) -> bool:
        self._tell(self._path, int(self))
        return super().__ge__(other)

    __hash__ = int.__hash__


class FollowedObject(dict[str, Any]):
    """Compared as a whole, all that is in it is compared."""

    def __init__(self, inner: dict[str, Any], tell: Tell, path: str) -> None:
        super().__init__(inner)
        self._tell, self._path = tell, path

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if not _is_followed(value):
            self._tell(f"{self._path}.{name}" if self._path else name, value)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def __eq__(self, other: object) -> bool:
        tell_all(self, other, self._tell, self._path)
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


class FollowedArray(list[Any]):
    def __init__(self, inner: list[Any], tell: Tell, path: str) -> None:
        super().__init__(inner)
        self._tell, self._path = tell, path

    def __len__(self) -> int:
        self._tell(self._path, self)
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        tell_all(self, other, self._tell, self._path)
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


def tell_all(value: Any, other: Any, tell: Tell, path: str) -> None:
    """All of `value` but what is held against a part of an answer in `other`, with which it is compared."""
    match value, other:
        case dict(), dict():
            for name, inner in dict.items(value):
                if name in other:
                    tell_all(inner, dict.get(other, name), tell, f"{path}.{name}" if path else name)
        case list(), list():
            tell(path, value)
            for inner, beside in zip(list.__iter__(value), list.__iter__(other), strict=False):
                tell_all(inner, beside, tell, f"{path}[]")
        case _ if not _is_followed(other):
            tell(path, value)
