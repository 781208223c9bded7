"""Opens the database of a data folder and kills itself at the N-th line of what puts its logins right.

usage: python killed_owner.py DATA_DIR N
Ends with status 0 where there are fewer lines than that.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from outlay.postgres import EmbeddedServer, roles
from outlay.postgres.cluster import renew_lost_password
from outlay.postgres.folders import DataDir

WATCHED = {
    function.__code__
    for function in (
        roles.put_right,
        roles._put_login_right,
        renew_lost_password,
        DataDir.ensure_password,
        DataDir.keep_password,
    )
}


class Killer:
    """A trace function (see sys.settrace)."""

    def __init__(self, lines: int) -> None:
        self.left = lines

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code not in WATCHED:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


if __name__ == "__main__":
    killer = Killer(int(sys.argv[2]))
    threading.settrace(killer)
    sys.settrace(killer)
    with EmbeddedServer(Path(sys.argv[1])):
        pass
