"""The far end of `api.apart` as a process: `python -m outlay.process.apart FOLDER`, on its standard input and output.

It joins the dialects with the loop, and nothing else: what is not imported here costs no memory and starts in no time.
FOLDER, the server's data folder, is only there to be seen in a list of processes. The other processes go first: what is
large may wait.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Final

from outlay.api.apart import work
from outlay.api.memory import leave_out_what_stays
from outlay.dialects import all_dialects

NICENESS: Final = 10


def main() -> None:
    # All but the three that it was given: not every event loop closes for a child what its parent had inherited itself,
    # as a socket, or the lock of a folder.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    # What asks the server to stop reaches everybody in its group, but it has requests to finish yet.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICENESS)
    leave_out_what_stays()
    with suppress(EOFError, BrokenPipeError):
        work(all_dialects().values(), sys.stdin.buffer, sys.stdout.buffer)
    os._exit(0)  # not to write once more to whoever has gone


if __name__ == "__main__":
    main()
