"""Who is known here, and whether whoever decides about money is who they say.

As soon as anybody is known, be they disabled by now, deciding takes a known person and their key: else whoever disables
the last one could decide under any name again.

Leaves to others: where the key comes from (cli.people), what two people must agree on (the use cases).

The trap: a key must stand in no log and no error. Here it is a `Secret`, or its digest.
"""

from __future__ import annotations

from collections.abc import Sequence

from outlay.core.names import name_form
from outlay.core.people import KEY_BYTES, Keyed, KnownPerson, Person, Role, key_digest, key_from, proved
from outlay.core.refusal import No, Objection
from outlay.kit.secret import Secret
from outlay.running.log import get_log
from outlay.service.runtime import Looking, Runtime
from outlay.store import people

_log = get_log("outlay.people")


async def has_people(looks: Looking) -> bool:
    return await people.is_anybody_known(looks.database)


async def prove_person(looks: Looking, name: str, key: Secret | None) -> Person | No:
    """The person of this name, in whatever spelling, if that is their key and they may decide about money. NO_PEOPLE
    where nobody is known at all; else PERSON_UNKNOWN (also for a wrong key, and none), PERSON_DISABLED, NOT_ALLOWED."""
    answer = proved(await people.find_person(looks.database, name_form(name)), key)
    if answer is Objection.PERSON_UNKNOWN and not await has_people(looks):
        return Objection.NO_PEOPLE
    if isinstance(answer, No):
        _log.warning("a person was not proved", person=name, why=answer.name.lower())
    return answer


async def add_person(runtime: Runtime, name: str, role: Role) -> Keyed | No:
    """PERSON_EXISTS where somebody has the name already, in whatever spelling, be they disabled."""
    key, now_ms = key_from(runtime.entropy(KEY_BYTES)), runtime.now_ms()
    person = KnownPerson(name, role, key_digest(key), added_ms=now_ms, key_ms=now_ms)
    if not await people.insert_person(runtime.database, name_form(name), person):
        return Objection.PERSON_EXISTS
    return Keyed(name, role, key)


async def renew_key(runtime: Runtime, name: str) -> Keyed | No:
    """A new key; the one before is worth nothing from now on. PERSON_UNKNOWN, PERSON_DISABLED."""
    form, key = name_form(name), key_from(runtime.entropy(KEY_BYTES))
    is_done = await people.set_key(runtime.database, form, key_digest(key), runtime.now_ms())
    known = await people.find_person(runtime.database, form)
    if known is None:
        return Objection.PERSON_UNKNOWN
    return Keyed(known.name, known.role, key) if is_done else Objection.PERSON_DISABLED


async def disable_person(runtime: Runtime, name: str) -> tuple[KnownPerson, bool] | No:
    """The person, who decides nothing any more, and whether that is new. PERSON_UNKNOWN."""
    form = name_form(name)
    is_new = await people.mark_disabled(runtime.database, form, runtime.now_ms())
    known = await people.find_person(runtime.database, form)
    return (known, is_new) if known is not None else Objection.PERSON_UNKNOWN


async def list_people(looks: Looking) -> Sequence[KnownPerson]:
    """The oldest first, disabled ones too."""
    return await people.read_people(looks.database)
