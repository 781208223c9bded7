"""`outlay user …`: people who may decide about money, each with a key of their own.

`add` and `key` print a key, once. Unlike a credential it need not be taken back where that fails: of a person nobody
else speaks, and a key that nobody has seen proves nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from outlay.cli.common import CommandFailed, DataOption, JsonOption, name_from, refused, with_looks, with_runtime
from outlay.cli.output import add, json_text, out, print_json, table
from outlay.cli.streams import OutputLost, deliver
from outlay.core.people import Keyed, KnownPerson, Role
from outlay.core.refusal import No, Objection
from outlay.kit.characters import plain
from outlay.present.people import PersonDisabledDocument, key_document, person_list_document
from outlay.present.values import utc_text
from outlay.process.settings import Settings
from outlay.service.operator.people import add_person, disable_person, list_people, renew_key
from outlay.service.runtime import Looking, Runtime

app = typer.Typer(help="People who may decide about money.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="The person's name, in any spelling.", metavar="NAME")]
_NO_SUCH_PERSON: Final = "there is nobody of this name; `outlay user list` shows all"


@app.command("add")
def add_user(
    name: NameArgument,
    role: Annotated[
        Role, typer.Option(help="approver: may decide about money. viewer: is known, and decides nothing.")
    ] = Role.APPROVER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a person known and print their key, once: it cannot be shown again. A name stays one person's for good."""
    given = name_from(name)
    _show_key(lambda runtime: add_person(runtime, given, role), "is known now", data, as_json)


@app.command("key")
def new_key(name: NameArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print a new key for a person who has lost theirs, or whose key somebody else has seen; the old one is void."""
    given = name_from(name)
    _show_key(lambda runtime: renew_key(runtime, given), "has a new key; the one before is void", data, as_json)


def _show_key(make: Callable[[Runtime], Awaitable[Keyed | No]], event: str, data: Path | None, as_json: bool) -> None:
    async def work(runtime: Runtime, _settings: Settings) -> Keyed | No:
        return await make(runtime)

    made = with_runtime(data, work)
    if made is Objection.PERSON_UNKNOWN:
        raise CommandFailed(_NO_SUCH_PERSON)
    if isinstance(made, No):
        refused(made)
    try:
        deliver(f"{json_text(key_document(made))}\n" if as_json else _text(made, event))
    except (OutputLost, KeyboardInterrupt) as lost:
        raise CommandFailed(
            f"{str(lost) or 'interrupted'}: the key of {made.name} was not shown; `outlay user key NAME` makes another"
        ) from None


def _text(made: Keyed, event: str) -> str:
    return (
        f"{plain(made.name)} ({made.role.value}) {event}. Give them what follows:\n"
        f"it is shown this once and cannot be shown again.\n\nkey: {made.key.reveal()}\n"
    )


@app.command("list")
def list_users(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Everybody who is known, the oldest first, and since when their key is theirs; no keys."""

    async def work(looks: Looking) -> Sequence[KnownPerson]:
        return await list_people(looks)

    known = with_looks(data, work)
    if as_json:
        print_json(person_list_document(known))
        return
    if not known:
        out.say("nobody is known: whoever decides is believed. `outlay user add NAME` adds the first person")
        return
    shown = table("name", "role", "added (UTC)", "key made (UTC)", "disabled (UTC)")
    for each in known:
        add(
            shown,
            each.name,
            each.role.value,
            utc_text(each.added_ms),
            utc_text(each.key_ms),
            utc_text(each.disabled_ms),
        )
    out.show(shown)


@app.command("disable")
def disable_user(name: NameArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Let a person decide nothing any more, for good; what they decided stays on record under their name."""
    given = name_from(name)

    async def work(runtime: Runtime, _settings: Settings) -> tuple[KnownPerson, bool] | No:
        return await disable_person(runtime, given)

    done = with_runtime(data, work)
    if isinstance(done, No):
        raise CommandFailed(_NO_SUCH_PERSON)
    person, is_new = done
    if as_json:
        print_json(PersonDisabledDocument(name=person.name, changed=is_new))
        return
    out.say(
        f"{plain(person.name)} {'is disabled: they decide' if is_new else 'was disabled before, and decides'} nothing"
    )
