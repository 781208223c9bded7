"""Keeps which test was seen to exercise which rows, for the clients in tests/e2e that hand their exchanges over.

An exchange counts for a test only while the test itself runs. What a fixture does is kept under no name, because which
test a shared fixture is made for differs from run to run; it still shows what is undocumented.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from tests.coverage import observe_lesspay, observe_teemopay, observe_uqpay
from tests.coverage.exchange import Exchange

Seen = dict[str, dict[str, set[str]]]
"""api → observation → tests; "" stands for fixtures."""

_OBSERVERS: Mapping[str, Callable[[Exchange], set[str]]] = {
    "lesspay": observe_lesspay.observe,
    "teemopay": observe_teemopay.observe,
    "uqpay": observe_uqpay.observe,
}


class Recorder:
    def __init__(self) -> None:
        self.is_on = False
        self.seen = nothing_seen()

    def record(self, exchange: Exchange) -> None:
        api = exchange.api
        if not self.is_on or api is None:
            return
        test = running_test()
        for observation in _OBSERVERS[api](exchange):
            self.seen[api][observation].add(test)


def nothing_seen() -> Seen:
    return {api: defaultdict(set) for api in _OBSERVERS}


def running_test() -> str:
    """`file.py::function` of tests/e2e without its parameters."""
    node, _, phase = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")
    folder, _, name = node.partition("[")[0].rpartition("/")
    return name if phase == "(call)" and folder.endswith("tests/e2e") else ""


def as_lists(seen: Seen) -> dict[str, dict[str, list[str]]]:
    """For the way from one process to another."""
    return {api: {observation: sorted(tests) for observation, tests in found.items()} for api, found in seen.items()}


def add_to(seen: Seen, more: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
    for api, found in more.items():
        for observation, tests in found.items():
            seen[api][observation].update(tests)


RECORDER = Recorder()
"""The one of this process."""
