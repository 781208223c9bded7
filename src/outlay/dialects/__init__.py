"""Finds the dialect folders: adding a fourth API is adding one folder, and nothing here, or anywhere else, names one.

A folder is imported by this call and by nothing else, with the tables that it ships: so they are read once, when a
program that serves or knows the APIs starts, and never by one that does not.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from outlay.wire.dialect import AnyDialect


@cache
def all_dialects() -> Mapping[str, AnyDialect]:
    """Every dialect by name, in order of name. A folder without a DIALECT is a fault at start, not at a first call."""
    found: dict[str, AnyDialect] = {}
    for folder in sorted(pkgutil.iter_modules(__path__), key=lambda folder: folder.name):
        module = importlib.import_module(f"{__name__}.{folder.name}")
        dialect: AnyDialect = module.DIALECT
        found[dialect.name] = dialect
    return found
