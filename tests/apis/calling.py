"""What every dialect promises of who calls and how: keys, headers, proofs, bodies, paths and methods, at every route.

Played by `exercise`, which tells how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from outlay.core.account import Account
from outlay.dialects import all_dialects
from outlay.service.operator.accounts import open_account
from outlay.service.operator.credentials import issue_credential
from outlay.wire.dialect import AnyDialect, BadCredentialRequest, IssuedCredential
from outlay.wire.problems import Trouble
from tests.apis.contract import Header, Known, Making, Said
from tests.apis.desk import Desk, Party

# -- keys -----------------------------------------------------------------------------------------------------------


async def a_key_works_and_is_hidden(desk: Desk) -> None:
    """What is shown once opens the API; it is told neither by the key's own texts nor by what is stored."""
    party = await desk.party()
    await party.order("R-1")
    assert party.software.secrets, "what is hidden must be known"
    desk.see_hidden("a key's text", repr((party.issued, party.opened())))
    for table in ("credentials", "payouts", "facts", "accounts"):
        for row in await desk.world.admin.fetch(f"select * from {table}"):
            stored = [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row.values()]
            desk.see_hidden(table, " ".join(stored))
    other = await desk.party()
    assert party.issued.key_id != other.issued.key_id
    assert not party.software.secrets & other.software.secrets


async def nobody_speaks_for_another(desk: Desk) -> None:
    """A request in another's name, proved by a key of one's own, does nothing; nor does one with the key of another
    API."""
    documented, (party, other) = desk.documented, (await desk.party(), await desk.party())
    await party.order("R-1")
    count = await desk.made()
    making = documented.create("R-2", "10.00")
    theirs = other.made(making).headers
    call = party.made(making).headed({documented.key_header: theirs[documented.key_header]})
    documented.read_error(await desk.send(call))
    for name, dialect in all_dialects().items():
        if name != desk.dialect.name:
            issued = await _key_of(desk, dialect, party)
            making = documented.create("R-2", "10.00")
            making.headers[documented.key_header] = issued.key_id
            desk.see(await party.send(making), documented.order["unknown key"].said, f"a key of {name}")
    assert await desk.made() == count


async def _key_of(desk: Desk, dialect: AnyDialect, party: Party) -> IssuedCredential:
    """Of the party's own account, unless that API has no keys for accounts of its country."""
    try:
        issued = await issue_credential(desk.world.runtime, dialect, party.account_id)
    except BadCredentialRequest:
        account = await open_account(desk.world.runtime, name="Elsewhere", country=dialect.samples.country)
        assert isinstance(account, Account)
        issued = await issue_credential(desk.world.runtime, dialect, account.account_id)
    assert isinstance(issued, IssuedCredential)
    return issued


async def a_header_is_needed_in_its_form(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    calls = await good_calls(desk, party)
    made = await desk.made()
    for name, header in documented.headers.items():
        for making in calls.values():
            if making().method.startswith(header.only):
                for value, said in wrong_values(header):
                    await see_refused(desk, party, making(), {name: value}, said)
    for name, header in documented.opening_headers.items():
        for value, said in wrong_values(header):
            opening = party.software.opening()
            assert opening is not None
            desk.see(await desk.send(opening.headed({name: value})), said, (name, value))
    assert await desk.made() == made
    for name, header in documented.headers.items():
        if header.missing is None:
            making = documented.create(f"without-{len(name)}", "10.00")
            making.headers[name] = None
            documented.read_created(await party.send(making))


def wrong_values(header: Header) -> Iterator[tuple[str | bytes | None, Said]]:
    yield from header.wrong.items()
    if header.missing is not None:
        yield None, header.missing


async def see_refused(
    desk: Desk, party: Party, making: Making, headers: Mapping[str, str | bytes | None], said: Said
) -> None:
    making.headers.update(headers)
    desk.see(await party.send(making), said, (making.path, headers))


async def good_calls(desk: Desk, party: Party) -> Mapping[str, Callable[[], Making]]:
    """One for every route but that of a token, each seen to be taken. A good one that makes something makes it here."""
    _, answer = await party.order("R-1")
    calls = await desk.documented.calls(party, answer)
    served = {template_of(desk, making()) for making in calls.values()}
    assert served == {(route.method, route.path) for route in desk.dialect.routes if not route.opens}
    for name, making in calls.items():
        answer = await party.send(making())
        assert not [each for each in desk.logged if each["event"] == "request refused"], (name, answer)
        assert answer.status == 200, (name, answer)
    return calls


def template_of(desk: Desk, making: Making) -> tuple[str, str]:
    """Method and path of the route that serves it; a path without a part in braces goes before."""
    path = making.path.partition("?")[0]
    fitting = [each.path for each in desk.dialect.routes if each.method == making.method and fits(each.path, path)]
    assert fitting, f"no route serves {making.method} {path}"
    return making.method, path if path in fitting else fitting[0]


def fits(template: str, path: str) -> bool:
    parts = zip(template.split("/"), path.split("/"), strict=False)
    return template.count("/") == path.count("/") and all(one == other or one.startswith("{") for one, other in parts)


async def a_proof_is_right_or_worthless(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    calls = await good_calls(desk, party)
    used = documented.query("R-1", None)
    await party.send(used)
    made, known = await desk.made(), Known("R-1", used.once, 0)
    spoilers = {"proof": documented.order["proof"], **documented.proofs}
    for name, spoilt_proof in spoilers.items():
        for making in (call() for call in calls.values()):
            assert spoilt_proof.spoil is not None
            spoilt_proof.spoil(making, known)
            desk.see(await party.send(making), spoilt_proof.said, (making.path, name))
    if documented.clock_ms is not None:
        for sign in (-1, 1):
            making = calls["create"]()
            making.off_ms = sign * (documented.clock_ms + 1_000)
            desk.see(await party.send(making), documented.order["time"].said, making.off_ms)
    assert await desk.made() == made
    for off_ms in (-(documented.clock_ms or 0), documented.clock_ms or 0):
        making = documented.create(f"clock{off_ms}", "10.00")
        making.off_ms = off_ms
        documented.read_created(await party.send(making))


# -- what is no request ---------------------------------------------------------------------------------------------


def _with_member(member: bytes) -> Callable[[bytes], bytes]:
    """One more member in front of the body's own."""
    return lambda body: b"{" + member + (b"," if body != b"{}" else b"") + body[1:]


_UNREADABLE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "nothing": lambda _body: b"",
    "no JSON": lambda _body: b"amount=1.00&currency=BRL",
    "cut off": lambda body: body[:-1],
    "two documents": lambda body: body + body,
    "something behind it": lambda body: body + b"]",
    "two byte order marks": lambda body: b"\xef\xbb\xbf\xef\xbb\xbf" + body,
    "a byte order mark behind it": lambda body: body + b"\xef\xbb\xbf",
    "a comma too many": lambda body: body[:-1] + b",}",
    "single quotes": lambda body: body.replace(b'"', b"'") + b"'",
    "an array": lambda body: b"[" + body + b"]",
    "a text": lambda _body: b'"order"',
    "a number": lambda _body: b"1",
    "null": lambda _body: b"null",
    "NaN": _with_member(b'"extra":NaN'),
    "minus infinity": _with_member(b'"extra":-Infinity'),
    "a repeated key": _with_member(b'"extra":"1","extra":"2"'),
    "a repeated key, escaped": _with_member(b'"extra":"1","\\u0065xtra":"2"'),
    "a repeated key in an object": _with_member(b'"extra":{"a":1,"a":1}'),
    "not UTF-8": _with_member(b'"extra":"S\xe3o Paulo"'),
    "a surrogate as bytes": _with_member(b'"extra":"\xed\xa0\x80"'),
    "an overlong form": _with_member(b'"extra":"\xc0\x80"'),
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "a raw control character": _with_member(b'"extra":"a\x00b"'),
    "a raw line break": _with_member(b'"extra":"a\nb"'),
    "40 levels": _with_member(b'"extra":' + b"[" * 40 + b"]" * 40),
    "2,000 levels of objects": _with_member(b'"extra":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_000),
    "10,000 levels, never closed": _with_member(b'"extra":' + b"[" * 10_000),
    "2,000 values": _with_member(b'"extra":[' + b"0," * 1_999 + b"0]"),
}


MANY_BYTES: Final = 1_048_576
MOST_BYTES: Final = 32 * 1_048_576


async def a_body_is_one_json_object(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    calls = [call for call in (await good_calls(desk, party)).values() if call().body is not None]
    made = await desk.made()
    for name, spoil in _UNREADABLE.items():
        for making in (call() for call in calls):
            if name == "2,000 values" and longest_body(desk, making) > MANY_BYTES:
                continue  # a batch may have so many
            making.sent_as = spoil(party.made(making).body)
            desk.see(await party.send(making), documented.unreadable, (making.path, name))
    assert await desk.made() == made


async def a_body_has_a_limit(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    assert all(route.longest_body <= MOST_BYTES for route in desk.dialect.routes), "no body is as long as that"
    calls = await good_calls(desk, party)
    making = documented.create("R-2", "10.00")
    making.padded_to = longest_body(desk, making)
    documented.read_created(await party.send(making))
    made, too_large = await desk.made(), documented.troubles[Trouble.BODY_TOO_LARGE]
    for making in (call() for call in calls.values()):
        for more in (1, 3 * 1_048_576):
            making.padded_to = size = longest_body(desk, making) + more
            call = party.made(making)
            desk.see(await desk.send(call), too_large, (making.path, size))
            desk.see(await desk.send(call.but(chunked=True)), too_large, (making.path, "in chunks"))
    assert await desk.made() == made


def longest_body(desk: Desk, making: Making) -> int:
    serving = template_of(desk, making)
    [route] = [each for each in desk.dialect.routes if (each.method, each.path) == serving]
    return route.longest_body


async def a_path_takes_its_own_methods(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    calls = await good_calls(desk, party)
    made = await desk.made()
    for making in (call() for call in calls.values()):
        _, template = template_of(desk, making)
        served = {each.method for each in desk.dialect.routes if each.path == template}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - served:
            answer = await desk.send(party.made(making).but(method=method))
            desk.see(answer, documented.troubles[Trouble.WRONG_METHOD], (making.path, method))
            assert answer.headers["allow"] == ", ".join(sorted(served)), (answer.headers, served)
        for target in (template + end for end in ("/", "x", "/x")):
            if not any(fits(each.path, target) for each in desk.dialect.routes):
                answer = await desk.send(party.made(making).but(target=target))
                desk.see(answer, documented.troubles[Trouble.NO_SUCH_PATH], target)
    for odd in _ODD_ENDS:
        call = party.made(documented.create("R-2", "10.00")).but(target=documented.nowhere + odd)
        desk.see(await desk.send(call), documented.troubles[Trouble.NO_SUCH_PATH], odd[:80])
    assert await desk.made() == made


_ODD_ENDS: Final = ("", "/", "%00", "a%0a%1b%5b31mb", "%ff", "%ed%a0%80", "..%2f..%2fetc", "a" * 30_000)
