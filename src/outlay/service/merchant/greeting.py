"""Is the caller who they say, and theirs the account that they address? Asked by a statement of its own where the one
that serves the request does not ask it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from outlay.core.refusal import Refusal
from outlay.service.runtime import Caller, Runtime
from outlay.store.read.reader import PayoutQuestion

Q = TypeVar("Q")
X = TypeVar("X")


def question(caller: Caller, reference: str | None = None, payout_id: int | None = None) -> PayoutQuestion:
    return PayoutQuestion(caller.account_id, caller.guard_left, caller.parent_id, reference, payout_id)


async def greet(runtime: Runtime, caller: Caller) -> Refusal | None:
    """Why not, or nothing. Raises what the reader raises."""
    known = await runtime.reader.payout(question(caller))
    return known if isinstance(known, Refusal) else None


def greeted(
    handler: Callable[[Runtime, Caller, Q], Awaitable[X]],
) -> Callable[[Runtime, Caller, Q], Awaitable[X | Refusal]]:
    """The handler, which only a caller who is proved reaches."""

    async def handle(runtime: Runtime, caller: Caller, ask: Q) -> X | Refusal:
        no = await greet(runtime, caller)
        return no if no is not None else await handler(runtime, caller.proved(), ask)

    return handle
