"""Who decides about money: the option `--by`, and the key that goes with the name.

The key comes from `OUTLAY_USER_KEY`, or is asked for at the terminal. Never from an argument: those every user of the
machine can read. While nobody is known, a name is believed as it is given, and what takes two people is refused.

Leaves to others: whose key it is, and what they may do (service.operator.people).

The traps: while somebody looks for their key, this process must go on living (its lease in the database is renewed), so
nothing may wait for the terminal but a reader of the loop. And whatever ends the question, the terminal must show again
what is typed.
"""

from __future__ import annotations

import asyncio
import os
import termios
from typing import Annotated, Final

import typer

from outlay.cli.common import CommandFailed, refused
from outlay.cli.output import err
from outlay.cli.streams import stderr
from outlay.core.refusal import No, Objection
from outlay.kit.secret import Secret
from outlay.process.settings import Settings
from outlay.service.operator.people import has_people, prove_person
from outlay.service.runtime import Looking

ByOption = Annotated[
    str,
    typer.Option(
        help="Who decides; goes on record. As soon as anybody is known (`outlay user add`) it must be one of them: "
        "their key is read from OUTLAY_USER_KEY, or asked for at the terminal.",
        metavar="NAME",
    ),
]

_STANDARD_INPUT: Final = 0
_LONGEST_LINE: Final = 4096
_LOCAL_MODES: Final = 3
"""Where they stand in what `termios` gives."""
_NO_KEY: Final = (
    "deciding takes the key of {by}: set OUTLAY_USER_KEY to it, or run this without --json at a terminal, where it is "
    "asked for"
)


async def decided_by(looks: Looking, settings: Settings, by: str, *, as_json: bool, needs_two: bool = False) -> str:
    """The name that goes on record for a decision about money. `needs_two`: one that two people must take, so that they
    must be known. Raises CommandFailed."""
    if not await has_people(looks):
        if needs_two:
            refused(Objection.NO_PEOPLE)
        return by
    person = await prove_person(looks, by, await _key_of(by, settings, may_ask=not as_json))
    if isinstance(person, No):
        refused(person)
    return person.name


async def _key_of(by: str, settings: Settings, *, may_ask: bool) -> Secret:
    if settings.user_key is not None:
        return settings.user_key
    typed = ""
    if may_ask and os.isatty(_STANDARD_INPUT) and stderr.plain.isatty():
        typed = await _typed_unseen(f"key of {by} (what you type is not shown):")
    if not typed:
        raise CommandFailed(_NO_KEY.format(by=by))
    return Secret(typed)


async def _typed_unseen(question: str) -> str:
    """A line from the terminal, without what is blank around it."""
    loop, is_there = asyncio.get_running_loop(), asyncio.Event()
    before = termios.tcgetattr(_STANDARD_INPUT)
    unseen = [*before]
    unseen[_LOCAL_MODES] &= ~termios.ECHO
    try:
        termios.tcsetattr(_STANDARD_INPUT, termios.TCSAFLUSH, unseen)
        err.say(question)  # not before: whoever answers at once must not be seen either
        loop.add_reader(_STANDARD_INPUT, is_there.set)
        await is_there.wait()
        return os.read(_STANDARD_INPUT, _LONGEST_LINE).decode("utf-8", "replace").strip()
    finally:
        loop.remove_reader(_STANDARD_INPUT)
        termios.tcsetattr(_STANDARD_INPUT, termios.TCSAFLUSH, before)
