"""What the tests of this room share: processes of their own, questions to a server, waiting."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

ROOT = Path(__file__).resolve().parents[2]
OWNER = Path(__file__).with_name("owner.py")


@dataclass
class OtherProcess:
    """An owner or a guest in a process of its own."""

    process: subprocess.Popen[str]
    how: str
    url: str

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def tell_to_end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def finish(self) -> int:
        self.tell_to_end()
        return self.process.wait(20)


StartOther = Callable[..., OtherProcess]


def spawn_owner(
    data_dir: Path, own: str = "required", *, before: tuple[str, ...] = (), python: str = sys.executable, **env: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*before, python, str(OWNER), str(data_dir), own],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **env},
    )


def bury(process: subprocess.Popen[str]) -> None:
    """Ends it whatever its state, and closes what it leaves."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def ask(url: str, *statements: str) -> Any:
    """Runs the statements in one session; gives the last one's value."""

    async def run() -> Any:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            value = None
            for statement in statements:
                value = await connection.fetchval(statement)
            return value
        finally:
            await connection.close()

    return asyncio.run(run())


def wait_until(true: Callable[[], object], within_s: float = 10.0) -> float:
    """How long it took; fails the test when it never came true."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within_s, "waited in vain"
        time.sleep(0.02)
    return time.monotonic() - began
