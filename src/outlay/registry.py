"""Finds the dialect folders. Adding a fourth API is adding one folder: nothing here, and nothing else, names one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from outlay import dialects
from outlay.wire.dialect import AnyDialect


@cache
def all_dialects() -> Mapping[str, AnyDialect]:
    """Every dialect by name, in order of name. A folder without a DIALECT is a fault at start, not at a first call."""
    found: dict[str, AnyDialect] = {}
    for folder in sorted(pkgutil.iter_modules(dialects.__path__), key=lambda folder: folder.name):
        module = importlib.import_module(f"{dialects.__name__}.{folder.name}")
        dialect: AnyDialect = module.DIALECT
        found[dialect.name] = dialect
    return found
