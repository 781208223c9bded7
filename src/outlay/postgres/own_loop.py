"""Asks a driver that only speaks to event loops, from code that has none or is inside of one.

Leaves to others: what is asked (connect, embedded).
The trap: whoever waits here blocks its own loop, so what is asked must have an end of its own.
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from outlay.postgres.errors import PostgresError

Result = TypeVar("Result")


def in_loop_of_its_own(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs it to the end whether or not this thread already runs an event loop."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="outlay-check-database")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    if not results:
        raise PostgresError("The check of the database was interrupted: start again.")
    return results[0]
