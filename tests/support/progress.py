"""How far a long proof has come: for a terminal a bar, for a log a line each."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

Tell = Callable[[str], None]


@contextmanager
def progress(command: str, first: str, steps: int) -> Iterator[Tell]:
    """Of `./run COMMAND`, which begins with `first`. Gives what is told of each step."""
    began = time.monotonic()
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        line = bar.add_task(first, total=steps)

        def tell(what: str) -> None:
            bar.update(line, advance=1, description=what)
            if not errors.is_terminal:
                print(f"{command}: {time.monotonic() - began:4.0f} s: {what}", file=sys.stderr, flush=True)

        yield tell
