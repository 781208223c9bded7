"""How Outlay starts Python again: its HTTP processes, the process for large bodies, the server of the demonstration.

The trap: `python -m` looks for modules in the folder where one stands first, and would run a `calendar.py` that lies
there.
"""

from __future__ import annotations

import sys


def python_module(name: str, *words: str) -> list[str]:
    """The command that runs a module of ours with these words, by this interpreter. It finds modules where this process
    does, less the folder where one stands."""
    return [sys.executable, "-I" if sys.flags.isolated else "-P", "-m", name, *words]
