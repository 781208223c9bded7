"""Loggers for whatever runs. The library behind them is loaded, and told where lines go, with the first line that is
logged: most commands log none, and it takes as long to load as all that they do.

Leaves to others: where the lines go, and what they look like (process.logging).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final


class Log:
    """A logger by its name. `warning("what happened", account_id=…)`, and so on with the names of other levels."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, level: str) -> Any:
        import structlog  # noqa: PLC0415 (by need)

        while _CONFIGURE:
            _CONFIGURE.pop()()
        # Asked anew for each line: a test, or a setting, may have changed where lines go.
        return getattr(structlog.get_logger(self._name), level)


def get_log(name: str) -> Log:
    return Log(name)


def configure_with_first_line(configure: Callable[[], None]) -> None:
    """`configure` says where lines go, and is called before the first one."""
    _CONFIGURE[:] = [configure]


_CONFIGURE: Final[list[Callable[[], None]]] = []
