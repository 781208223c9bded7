"""Keeps which test was seen to exercise which rows, for the clients that hand their exchanges over: those of tests/e2e,
and the suite that every dialect passes.

An exchange counts for a test only while the test itself runs. What a fixture does is kept under no name, because which
test a shared fixture is made for differs from run to run; it still shows what is undocumented.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import product
from typing import Any

from tests.apis.found import part_of
from tests.coverage.exchange import Exchange

Seen = dict[str, dict[str, set[str]]]
"""api → observation → tests; "" stands for fixtures."""


class Recorder:
    def __init__(self) -> None:
        self.is_on = False
        self.seen = nothing_seen()
        self.same: set[Same] = set()

    def record(self, exchange: Exchange) -> Comparing | None:
        """What listens to what the test compares of the answer; None where nobody wants to know."""
        if not self.is_on or (api := exchange.api) is None:
            return None
        test = running_test()
        observations = part_of(api, "observe").observe(exchange)
        for observation in observations:
            self.seen[api][observation].add(test)
        return Comparing(self.seen[api], self.same, observations) if _test() else None

    def found(self) -> dict[str, dict[str, list[str]]]:
        """All that was seen. What a test held against a value that it compared, it compared as well."""
        settled = False
        while not settled:
            settled = True
            for test, one, other in self.same:
                for found in self.seen.values():
                    if (test in found.get(compared(one), ())) != (test in found.get(compared(other), ())):
                        found[compared(one)].add(test)
                        found[compared(other)].add(test)
                        settled = False
        return {
            api: {observation: sorted(tests) for observation, tests in found.items()}
            for api, found in self.seen.items()
        }


Same = tuple[str, str, str]
"""A test held a value of the one observation against one of the other."""


class Comparing:
    """Keeps which observations of one answer a test compared. Two are equal, so that answers can be."""

    def __init__(self, seen: dict[str, set[str]], same: set[Same], observations: Iterable[str]) -> None:
        self._seen = seen
        self._same = same
        self._by_path: dict[str, list[str]] = defaultdict(list)
        for observation in observations:
            if place := _place(observation):
                self._by_path[place].append(observation)

    def compared(self, path: str, value: Any) -> None:
        if test := running_test():
            for place in _places(path):
                for observation in self._by_path.get(place, ()):
                    if not observation.startswith(_WITH_VALUE) or observation.endswith(f" {value!s}"):
                        self._seen[compared(observation)].add(test)

    def same(self, path: str, other: Comparing, other_path: str) -> None:
        if test := running_test():
            pairs = product(self._at(path), other._at(other_path))
            self._same.update((test, one, beside) for one, beside in pairs)

    def _at(self, path: str) -> list[str]:
        """Of the value itself, and of nothing that it stands in."""
        return [observation for place in _names(path) for observation in self._by_path.get(place, ())]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Comparing)

    __hash__ = object.__hash__


_WITH_VALUE = "status "
_NAMED = re.compile(r"(?:.*/)?tests/((?:e2e|apis)/.*)")
"""Only tests of these folders are named on a page."""


def compared(observation: str) -> str:
    """What stands for an observation whose value a test held against something."""
    return f"compared {observation}"


def _place(observation: str) -> str:
    """The path of the field that an observation is about; "" where it is about none."""
    words = observation.split(" ")
    if words[0] == "status":
        return words[-2]
    return words[-1] if "response" in words[:2] else ""


def _places(path: str) -> Iterator[str]:
    """The names that the tables have for a field, and for all that it stands in."""
    while path:
        yield from _names(path)
        path = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]


def _names(path: str) -> Iterator[str]:
    """A table may leave out what every answer of an API has around its fields."""
    yield path
    for outer in ("data.", "data[].", "data"):
        if path.startswith(outer):
            yield path.removeprefix(outer)


def nothing_seen() -> Seen:
    return defaultdict(partial(defaultdict, set))


def running_test() -> str:
    """`e2e/file.py::function` without its parameters; "" where none that can be named runs, or only its fixtures."""
    phase = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[2]
    return _test() if phase == "(call)" else ""


def _test() -> str:
    """The same, whatever of the test runs."""
    node = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0].partition("[")[0]
    named = _NAMED.fullmatch(node)
    return named[1] if named is not None else ""


def add_to(seen: Seen, more: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
    for api, found in more.items():
        for observation, tests in found.items():
            seen[api][observation].update(tests)


RECORDER = Recorder()
"""The one of this process."""
