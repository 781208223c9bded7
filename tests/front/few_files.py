"""The front in a process of its own that may open FILES files; prints its port.

python -m tests.front.few_files FILES
"""

from __future__ import annotations

import asyncio
import resource
import sys

import uvloop

from outlay.api.limits import FrontLimits, Tally
from outlay.api.server import bind, serve_http
from tests.front.served import echo


async def main(files: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    listener = bind("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    limits = FrontLimits(head_seconds=60, idle_seconds=60)
    await serve_http(echo, listener, asyncio.Event(), limits, Tally(), grace_s=5)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
