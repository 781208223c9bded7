"""How long a body each endpoint takes: what its route says of itself."""

from __future__ import annotations

import re

from outlay.dialects import all_dialects
from outlay.wire.dialect import Route
from tests.e2e.raw_http import Call


def longest_body(call: Call) -> int:
    """Bytes that a body of this call may have."""
    path = call.target.partition("?")[0]
    routes = [route for dialect in all_dialects().values() for route in dialect.routes if _is_of(route, call, path)]
    return min(routes, key=lambda route: "{" in route.path).longest_body  # a path by itself goes before a pattern


def _is_of(route: Route, call: Call, path: str) -> bool:
    return route.method == call.method and is_at(route.path, path)


def is_at(template: str, path: str) -> bool:
    """Whether this path is one of the template's."""
    return bool(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path))
