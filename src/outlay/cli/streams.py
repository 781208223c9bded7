"""Standard output where a result must not be lost.

Leaves to others: what is only told (cli.common), and log lines (log_sink).

The trap: Python keeps what it could not write and tries again when it ends, loudly. After a failure the descriptor
leads nowhere, so that nothing is tried again.
"""

from __future__ import annotations

import os
import stat
import sys


class OutputLost(Exception):
    """What was to be shown did not get out; the message says why."""


def deliver(text: str) -> None:
    """Write what must not be lost: it is out, and where that is a file on its disk, when this returns. Raises
    OutputLost."""
    if sys.stdout is None:
        raise OutputLost("standard output is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
        descriptor = sys.stdout.fileno()
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fsync(descriptor)
    except UnicodeEncodeError:
        raise OutputLost("standard output has not all letters of what was to be shown") from None
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise OutputLost(f"standard output cannot be written: {error.strerror}") from None
