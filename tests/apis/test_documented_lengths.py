"""The limit of a route is computed from the fields that its reader asks for: none is left out, and none is counted
shorter than it may be.

`lengths.py` of each API has SAMPLES: for each endpoint, by method and path and whatever else tells it from another one,
good bodies that have all of its fields among them, and the shape that its limit is computed from. `take` reads such a
body, and fails where it is not taken. SHORT_TEXTS are paths of fields that are read as texts of any length, and held by
other rules to a few characters of ASCII.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from outlay.dialects import all_dialects
from outlay.wire.fields import FieldReader
from outlay.wire.sizes import NO_BODY, Items, Shape, longest_body, text
from tests.apis.found import all_names, part_of
from tests.support.routes import find_route
from tests.support.rows import each_row

Asked = dict[str, int]
"""For each field that a reader asked for, by its path, the characters that it takes of a text; 0 of anything else."""
ENDPOINTS = [(name, endpoint) for name in all_names() for endpoint in part_of(name, "lengths").SAMPLES]


def noted(monkeypatch: pytest.MonkeyPatch, short_texts: frozenset[str]) -> Asked:
    """Fills while bodies are read."""
    asked: Asked = {}

    def noting(name: str) -> None:
        method = getattr(FieldReader, name)

        def noted_and_done(reader: FieldReader, field: str, *args: Any, **said: Any) -> Any:
            path = _path(reader._path + field)
            free = name == "text" and not said.get("choices") and not said.get("pattern") and path not in short_texts
            asked[path] = max(asked.get(path, 0), said.get("longest", 255) if free else 0)
            return method(reader, field, *args, **said)

        monkeypatch.setattr(FieldReader, name, noted_and_done)

    for name in ("text", "integer", "object", "raw", "has"):
        noting(name)
    return asked


def _path(path: str) -> str:
    """Of any item of an array."""
    return path.partition("[")[0] + "[]" + path.partition("]")[2] if "[" in path else path


def members(shape: Shape, path: str = "") -> Iterator[tuple[str, int]]:
    for name, value in shape.items():
        yield path + name, value if isinstance(value, int) else 0
        if isinstance(value, Items):
            yield from members(value.shape, f"{path}{name}[].")
        elif isinstance(value, Mapping):
            yield from members(value, f"{path}{name}.")


@each_row(("name", "endpoint"), ENDPOINTS)
def test_every_field_that_is_read_is_counted_in_the_limit_of_its_path(
    monkeypatch: pytest.MonkeyPatch, name: str, endpoint: str
) -> None:
    part = part_of(name, "lengths")
    bodies, shape = part.SAMPLES[endpoint]
    asked = noted(monkeypatch, part.SHORT_TEXTS)
    for body in bodies:
        part.take(endpoint, body)
    counted = dict(members(shape))
    assert asked or not counted
    assert set(asked) - set(counted) == set()
    short = {path for path, longest in asked.items() if longest and counted[path] < text(longest)}
    assert short == set()
    assert find_route(all_dialects()[name], *endpoint.split()[:2]).longest_body >= longest_body(shape)


@pytest.mark.parametrize("name", all_names())
def test_every_endpoint_that_reads_a_body_has_samples(name: str) -> None:
    read = {f"{route.method} {route.path}" for route in all_dialects()[name].routes if route.longest_body != NO_BODY}
    assert {" ".join(endpoint.split()[:2]) for endpoint in part_of(name, "lengths").SAMPLES} == read
