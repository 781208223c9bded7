"""A command that nothing can refuse: its answer is told as it is, and a refusal of it is a fault of ours."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from outlay.core.refusal import Refusal
from outlay.service.runtime import do_without_refusal
from outlay.store.write.desk import Changes, Command, Desk, Needs


class Counts(Command[int], frozen=True):
    def decide(self, _desk: Desk) -> tuple[int, Changes | None]:
        return 3, None


class Answers:
    """A clerk that gives what the test wants."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.was_urgent = False

    async def do(self, command: Command[Any], *, urgent: bool = False) -> Any:
        self.was_urgent = urgent
        return self.answer


COMMAND = Counts(account_id=UUID(int=1), needs=Needs())


@pytest.mark.parametrize("answer", [3, 0, None])
async def test_what_nothing_refuses_is_answered(answer: Any) -> None:
    clerk = Answers(answer)
    assert await do_without_refusal(clerk, COMMAND, urgent=True) is answer
    assert clerk.was_urgent


async def test_a_refusal_of_what_nothing_refuses_is_a_fault() -> None:
    with pytest.raises(AssertionError, match="nothing could refuse this command: INSUFFICIENT_BALANCE"):
        await do_without_refusal(Answers(Refusal.INSUFFICIENT_BALANCE), COMMAND)
