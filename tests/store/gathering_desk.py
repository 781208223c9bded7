"""What is gathered into one statement, and who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any


class Desk:
    """Answers each question with itself, when it is let; exceptions as questions are answers too."""

    def __init__(self) -> None:
        self.runs: list[list[Any]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.open = asyncio.Event()
        self.open.set()

    async def run(self, questions: Sequence[Any]) -> Sequence[Any]:
        self.runs.append(list(questions))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
            await asyncio.sleep(0)
        finally:
            self.at_once -= 1
        return questions


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
