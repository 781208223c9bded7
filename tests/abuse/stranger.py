"""`python -m tests.abuse.stranger`: one stranger acts in a process of its own, which gives way to everybody else.

It reads its mission from standard input, says that it is ready, and begins with the next line. At the end it says what
it saw.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import TracebackType
from typing import Self

import msgspec
import uvloop

from tests.abuse import bodies, floods, heads, shapes
from tests.abuse.mission import STRANGERS, Mission, Saw, Scene

ALL = (bodies, floods, heads, shapes)
"""Importing them is what makes their strangers known."""
NICE = 10
OVERTIME_S = 30.0


class Acting:
    """A stranger's process, ready when entered."""

    def __init__(self, mission: Mission) -> None:
        self._mission = mission

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            ["nice", "-n", str(NICE), sys.executable, "-m", "tests.abuse.stranger"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._say(msgspec.json.encode(self._mission))
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), f"{self._mission.name} is not ready"
        return self

    def begin(self) -> None:
        self._say(b"")

    def saw(self) -> Saw:
        """Waits for its end."""
        assert self._process.stdout is not None
        document = self._process.stdout.read()
        assert self._process.wait() == 0, f"{self._mission.name} ended with status {self._process.returncode}"
        return msgspec.json.decode(document, type=Saw)

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


async def _act(mission: Mission) -> Saw:
    scene = Scene(mission)
    await asyncio.wait_for(STRANGERS[mission.name].act(scene), mission.seconds + OVERTIME_S)
    return scene.saw


def main() -> None:
    mission = msgspec.json.decode(sys.stdin.buffer.readline(), type=Mission)
    print(flush=True)
    if not sys.stdin.buffer.readline():
        return  # nobody wants it any more
    saw = uvloop.run(_act(mission))
    sys.stdout.buffer.write(msgspec.json.encode(saw))


if __name__ == "__main__":
    main()
