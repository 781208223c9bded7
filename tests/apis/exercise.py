"""The definition of a dialect: what each must keep, whatever its API looks like. `PROMISES` are played one by one for
every folder that is found, over a real socket and a real database, fed by what `tests/apis/<name>/documented.py` says.

A promise is a plain coroutine that raises AssertionError where it is broken, so that its control can play it as well:
`planted` has a fault for each, and `test_exercise` sees that it is noticed.

The trap: a request that is refused for another reason than the one rehearsed proves nothing. So every bad request is a
good one with one fault (or two), and the good one is seen to be taken first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, Final

from hypothesis import Phase, given, seed, settings

from outlay.core.asks import Greet
from outlay.core.events import Approve, BeginAttempt, Cancel, Event, Expire, Heard, Reject
from outlay.core.limits import Limits
from outlay.core.outcome import Accepted, Failure, FailureReason, Paid, Refused, Returned
from outlay.core.payout import Payout
from outlay.core.progress import Standing
from outlay.core.refusal import Family, Refusal
from outlay.sandbox.bank import SandboxBank
from outlay.sandbox.stories import DAY_MS, REFUSALS
from outlay.service.operator.accounts import block_recipient, change_account, set_limits, switch_method
from outlay.wire.problems import Trouble
from tests.apis.contract import FAULTS, GONE, HOUR_MS, Known, Making, Said, Spoilt, Text
from tests.apis.desk import Desk, Party, only
from tests.apis.seen import Seen
from tests.e2e.raw_http import Answer
from tests.support.rails import SANDBOX_TERMS, submitter_of
from tests.support.seeds import seed_of_tree
from tests.support.situations import moved

AMOUNT_MINOR: Final = 10_00
TOO_MUCH: Final = "999999.00"
Promise = Callable[[Desk], Awaitable[None]]


# -- what there is --------------------------------------------------------------------------------------------------


async def what_is_documented_is_exercised(desk: Desk) -> None:
    """No header and no field of an order is left out of what follows."""
    documented, making = desk.documented, desk.documented.create("R-1", "10.00")
    rows = {row.id for row in documented.rows if not row.absent}
    headers = {row.rpartition(" ")[2] for row in rows if row.startswith("header ") and "of the answer" not in row}
    assert headers == {*documented.headers, *documented.other_headers}
    start = f"request {making.method} {making.path} "
    fields = {row.removeprefix(start) for row in rows if row.startswith(start)}
    texts = {text.path for text in documented.texts}
    shown = {*texts, *documented.needed, *documented.other_fields, documented.amount_field}
    assert fields == shown, fields ^ shown


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
    """A request in another's name, proved by a key of one's own, does nothing."""
    documented, (party, other) = desk.documented, (await desk.party(), await desk.party())
    await party.order("R-1")
    count = await desk.payouts()
    making = documented.create("R-2", "10.00")
    theirs = other.made(making).headers
    call = party.made(making).headed({documented.key_header: theirs[documented.key_header]})
    answer = await desk.send(call)
    documented.read_error(answer)
    assert await desk.payouts() == count


async def a_header_is_needed_in_its_form(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    await party.order("R-1")
    count = await desk.payouts()
    for name, header in documented.headers.items():
        bad: Iterator[tuple[Any, Said]] = iter(header.wrong.items())
        for value, said in [*bad, *([(None, header.missing)] if header.missing is not None else [])]:
            making = documented.create("R-2", "10.00")
            making.headers[name] = value
            see(documented, await party.send(making), said, (name, value))
    assert await desk.payouts() == count
    for name, header in documented.headers.items():
        if header.missing is None:
            making = documented.create(f"without-{len(name)}", "10.00")
            making.headers[name] = None
            documented.read_created(await party.send(making))


# -- what is no request ---------------------------------------------------------------------------------------------

_UNREADABLE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "nothing": lambda _body: b"",
    "no JSON": lambda _body: b"amount=1.00&currency=BRL",
    "cut off": lambda body: body[:-1],
    "two documents": lambda body: body + body,
    "an array": lambda body: b"[" + body + b"]",
    "a text": lambda _body: b'"order"',
    "a number": lambda _body: b"1",
    "null": lambda _body: b"null",
    "NaN": lambda body: b'{"extra":NaN,' + body[1:],
    "a repeated key": lambda body: b'{"extra":"1","extra":"2",' + body[1:],
    "not UTF-8": lambda body: b'{"extra":"S\xe3o Paulo",' + body[1:],
    "a raw control character": lambda body: b'{"extra":"a\x00b",' + body[1:],
    "40 levels": lambda body: b'{"extra":' + b"[" * 40 + b"]" * 40 + b"," + body[1:],
    "2,000 values": lambda body: b'{"extra":[' + b"0," * 1_999 + b"0]," + body[1:],
}


async def a_body_is_one_json_object(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    await party.order("R-1")
    count = await desk.payouts()
    for name, spoil in _UNREADABLE.items():
        making = documented.create("R-2", "10.00")
        making.sent_as = spoil(party.made(making).body)
        see(documented, await party.send(making), documented.unreadable, name)
    assert await desk.payouts() == count


async def a_body_has_a_limit(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    making = documented.create("R-1", "10.00")
    longest = longest_body(desk, making)
    making.padded_to = longest
    documented.read_created(await party.send(making))
    too_large = documented.troubles[Trouble.BODY_TOO_LARGE]
    for size in (longest + 1, longest + 1_000_000):
        making = documented.create("R-2", "10.00")
        making.padded_to = size
        call = party.made(making)
        see(documented, await desk.send(call), too_large, size)
        see(documented, await desk.send(call.but(chunked=True)), too_large, "in chunks")
    assert await desk.payouts() == 1


def longest_body(desk: Desk, making: Making) -> int:
    [route] = [each for each in desk.dialect.routes if (each.method, each.path) == (making.method, making.path)]
    return route.longest_body


async def a_path_takes_its_own_methods(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    making = documented.create("R-1", "10.00")
    served = {each.method for each in desk.dialect.routes if each.path == making.path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - served:
        call = party.made(making).but(method=method)
        answer = await desk.send(call)
        see(documented, answer, documented.troubles[Trouble.WRONG_METHOD], method)
        assert answer.headers["allow"] == ", ".join(sorted(served)), (answer.headers, served)
    for path in (documented.nowhere, documented.nowhere + "%00", documented.nowhere + "a" * 30_000):
        call = party.made(making).but(target=path)
        see(documented, await desk.send(call), documented.troubles[Trouble.NO_SUCH_PATH], path[:80])
    assert await desk.payouts() == 0


# -- which of two faults is told ------------------------------------------------------------------------------------

_SPOIL: Final[Mapping[str, Callable[[Desk, Making, Known], None]]] = {
    "path": lambda desk, making, _known: setattr(making, "path", desk.documented.nowhere),
    "method": lambda _desk, making, _known: setattr(making, "method", "PATCH"),
    "size": lambda _desk, making, known: setattr(making, "padded_to", known.longest_body + 1),
    "content type": lambda _desk, making, _known: making.headers.update({"content-type": "text/plain"}),
    "unknown key": lambda desk, making, _known: making.headers.update(
        {desk.documented.key_header: desk.documented.unknown_key}
    ),
    "time": lambda _desk, making, _known: setattr(making, "off_ms", -HOUR_MS),
    "json": lambda _desk, making, _known: setattr(making, "sent_as", b"{"),
    "field": lambda desk, making, _known: making.put(*desk.documented.wrong_field),
}


def spoilt(desk: Desk, known: Known, number: int, faults: Mapping[str, Spoilt]) -> Making:
    """A good order, but for these; the one that is told first is made last, because it may undo another."""
    documented = desk.documented
    reference = known.used_reference if "reused" in faults else f"F-{number}"
    making = documented.create(reference, TOO_MUCH if "funds" in faults else "10.00")
    if "reused" in faults and "funds" not in faults:
        making = documented.create(reference, "10.01")
    for name, fault in reversed(faults.items()):
        if fault.spoil is not None:
            fault.spoil(making, known)
        elif name in _SPOIL:
            _SPOIL[name](desk, making, known)
    return making


async def of_two_faults_the_first_is_told(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    assert set(FAULTS) <= {*documented.order, *documented.impossible}, "each fault has its place"
    await party.order("R-1")
    used = documented.query("R-1", None)
    await party.send(used)
    known = Known("R-1", used.once, longest_body(desk, documented.create("R-2", "10.00")))
    count, order = await desk.payouts(), documented.order
    for number, names in enumerate([*((name,) for name in order), *combinations(order, 2)]):
        making = spoilt(desk, known, number, {name: order[name] for name in names})
        see(documented, await party.send(making), order[names[0]].said, names)
    assert await desk.payouts() == count


# -- fields ---------------------------------------------------------------------------------------------------------

_NO_TEXTS: Final = (5, True, ["a"], {"a": "b"})
_UNCLEAN: Final = ("a\x00b", "a\ud800b", "a\u202eb")
_NO_AMOUNTS: Final = (
    "", " ", "0", "0.00", "-1.00", "+1.00", "1,00", "1e3", "1.", ".5", "1.234", "1_0", "١٠", "1.00 ", "0x10", "NaN",
    "Infinity", "9" * 500, "1\x00", None, True, ["1.00"], {"value": "1.00"}, GONE,
)  # fmt: skip


def wrong_texts(text: Text) -> Iterator[Any]:
    yield from _NO_TEXTS
    yield from _UNCLEAN
    yield "a" * (text.longest + 1)


async def a_field_is_held_to_its_rule(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    await party.order("R-1")
    count, number = await desk.payouts(), 0
    for text in documented.texts:
        nothing = [(value, text.missing) for value in (GONE, None, "", " ") if text.missing is not None]
        for value, said in [*((wrong, text.wrong) for wrong in wrong_texts(text)), *nothing]:
            number += 1
            making = documented.create(f"F-{number}", "10.00")
            making.put(text.path, value)
            see(documented, await party.send(making), said, (text.path, str(value)[:40]))
    for path, said in documented.needed.items():
        making = documented.create("F-0", "10.00")
        making.put(path, GONE)
        see(documented, await party.send(making), said, path)
    assert await desk.payouts() == count
    for text in documented.texts:
        if text.is_free:
            making = documented.create(f"L-{text.path}"[:32], "10.00")
            making.put(text.path, "a" * text.longest)
            documented.read_created(await party.send(making))


async def an_amount_is_a_plain_decimal_text(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    await party.order("R-1")
    for place, amount in enumerate(_NO_AMOUNTS):
        making = documented.create(f"A-{place}", "10.00")
        making.put(documented.amount_field, amount)
        code, _text = documented.read_error(await party.send(making))
        assert code in documented.amount_codes, (amount, code)
    assert await desk.payouts() == 1
    for reference, amount in (("A-small", "0.01"), ("A-large", "12345.67")):
        seen, _ = await party.order(reference, amount)
        assert only(seen).amount_minor == int(amount.replace(".", ""))


# -- refusals and troubles ------------------------------------------------------------------------------------------


async def every_no_has_its_words(desk: Desk) -> None:
    """Also those that only a race can meet: in the documented form, with a code that the documents have."""
    documented, party = desk.documented, await desk.party()
    assert set(documented.troubles) == set(Trouble)
    now_ms = desk.world.clock()
    for what in [*Refusal, *Trouble]:
        is_trouble = isinstance(what, Trouble)
        fault = desk.dialect.trouble(what) if is_trouble else desk.dialect.refuse(what, Greet(), party.opened())
        written = desk.dialect.write_fault(fault, now_ms, b"\x01" * 16)
        answer = Answer(written.status, {"content-type": "application/json"} | dict(written.headers), written.body)
        code, text = documented.read_error(answer)
        assert text.strip(), what
        assert documented.is_code(code), (what, code)
        if is_trouble:
            see(documented, answer, documented.troubles[what], what)
    words = {family: {_worded(desk, each, party) for each in Refusal if each.family is family} for family in Family}
    for one, other in combinations((Family.FUNDS, Family.CLOSED, Family.UNKNOWN), 2):
        assert not words[one] & words[other], "a caller can tell these apart"


def _worded(desk: Desk, refusal: Refusal, party: Party) -> tuple[int, Any, str]:
    fault = desk.dialect.refuse(refusal, Greet(), party.opened())
    return fault.status, fault.code, fault.message


async def what_an_account_may_not_is_refused(desk: Desk) -> None:
    documented, world = desk.documented, desk.world
    limits = Limits(smallest_minor=500, largest_minor=2_000_00)
    for refusal, said in documented.refusals.items():
        party, amount = await desk.party(), "10.00"
        match refusal:
            case Refusal.ACCOUNT_CLOSED:
                await change_account(world.runtime, party.account_id, is_open=False)
            case Refusal.CURRENCY_OFF:
                await switch_method(world.runtime, party.account_id, documented.currency, "*", on=False)
            case Refusal.METHOD_OFF:
                await switch_method(world.runtime, party.account_id, documented.currency, documented.method, on=False)
            case Refusal.RECIPIENT_BLOCKED:
                await block_recipient(world.runtime, party.account_id, documented.recipient, why="x", by="x")
            case Refusal.AMOUNT_TOO_SMALL | Refusal.AMOUNT_TOO_LARGE:
                await set_limits(world.runtime, party.account_id, documented.currency, limits)
                amount = "4.99" if refusal is Refusal.AMOUNT_TOO_SMALL else "2000.01"
            case Refusal.CURRENCY_NOT_HELD:
                party = await desk.party(fund=0)
            case Refusal.INSUFFICIENT_BALANCE:
                amount = TOO_MUCH
            case _:
                raise AssertionError(f"nobody knows how {refusal.name} is provoked")
        answer = await party.send(documented.create("R-1", amount))
        see(documented, answer, said, refusal.name)
    assert await desk.payouts() == 0


# -- what became of it ----------------------------------------------------------------------------------------------

_SENT: Final = (BeginAttempt(), Heard(1, Accepted("CH-88123")))
_PAID: Final = (*_SENT, Heard(1, Paid("CH-88123")))
_NO: Final = Heard(1, Refused(Failure(FailureReason.OTHER, "no")))
_LIVES: Final[Mapping[Standing, tuple[Event, ...]]] = {
    Standing.RESERVED: (),
    Standing.PROCESSING: _SENT,
    Standing.PAID: _PAID,
    Standing.PARTLY_RETURNED: (*_PAID, Heard(1, Returned("R-1", 4_00))),
    Standing.RETURNED: (*_PAID, Heard(1, Returned("R-1", 4_00)), Heard(1, Returned("R-2", 6_00))),
    Standing.FAILED: (*_SENT, _NO),
    Standing.CANCELLED: (Cancel("ana"),),
    Standing.EXPIRED: (Expire(),),
}


async def every_standing_is_told_in_its_words(desk: Desk) -> None:
    party = await desk.party()
    for standing, events in _LIVES.items():
        reference = f"S-{standing.value}"
        seen, made = await party.order(reference)
        payout = await paid_out(desk, party, only(seen).payout_id, *events)
        assert payout.standing is standing
        agrees(payout, await party.query(reference, made))
    reviewed = await desk.party(needs_review=True)
    for name, events in (("waits", ()), ("rejected", (Reject("ana", "not ours"),)), ("approved", (Approve("ana"),))):
        seen, made = await reviewed.order(f"V-{name}")
        payout = await paid_out(desk, reviewed, only(seen).payout_id, *events)
        agrees(payout, await reviewed.query(f"V-{name}", made))


async def paid_out(desk: Desk, party: Party, payout_id: int, *events: Event) -> Payout:
    payout = await desk.payout(party.account_id, payout_id)
    return await moved(desk.world, payout, *events)


def agrees(payout: Payout, seen: Seen) -> None:
    """What the API says of a payout is true, as far as it can say it."""
    about = (seen, payout)
    assert seen.payout_id == payout.payout_id, about
    assert seen.reference in (None, payout.reference), about
    assert seen.currency in (None, payout.currency), about
    assert seen.amount_minor == payout.amount_minor, about
    assert payout.standing.value in seen.standings, about
    assert seen.returned_minor in (None, payout.returned_minor), about
    assert seen.created_s in (None, payout.created_ms // 1000), about


async def every_story_of_the_bank_is_told_to_its_end(desk: Desk) -> None:
    """Ordered, sent and answered by the bank: what a merchant rehearses is what they see."""
    party, world = await desk.party(), desk.world
    bank = SandboxBank(world.runtime, 0, SANDBOX_TERMS)
    submitter = submitter_of(world.runtime, {"sandbox": bank}, "worker")
    orders: dict[int, tuple[int, Answer]] = {}
    for cents in sorted({0, 69, 73, 74, 81, 82, 83, 87, *REFUSALS}):
        amount = f"50.{cents:02}"
        seen, made = await party.order(f"B-{cents}", amount)
        orders[cents] = only(seen).payout_id, made
    for _ in range(3):
        while await submitter.run_due() + await bank.deliver_due():
            pass
        world.clock.advance(DAY_MS)
    reached = set()
    await party.open()
    for cents, (payout_id, made) in orders.items():
        payout = await desk.payout(party.account_id, payout_id)
        seen = await party.query(f"B-{cents}", made)
        agrees(payout, seen)
        is_told_why = desk.documented.tells_reasons and payout.standing is Standing.FAILED
        assert not is_told_why or seen.reason, (cents, seen)
        reached.add(payout.standing)
    assert reached >= {Standing.PAID, Standing.PARTLY_RETURNED, Standing.RETURNED, Standing.FAILED, Standing.PROCESSING}


# -- repeats, and what is nobody's ----------------------------------------------------------------------------------


async def the_same_again_is_told_from_another(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    seen, _ = await party.order("R-1")
    again = await party.send(documented.create("R-1", "10.00"))
    if documented.same_again is None:
        assert documented.read_created(again) == seen
    else:
        see(documented, again, documented.same_again, "the same")
    for amount in ("10.01", TOO_MUCH):
        see(documented, await party.send(documented.create("R-1", amount)), documented.other_again, amount)
    making = documented.create("R-1", "10.00")
    making.put(*documented.wrong_field)
    see(documented, await party.send(making), documented.other_again, "a field is wrong")
    payout = await desk.payout(party.account_id, only(seen).payout_id)
    await moved(desk.world, payout, *_PAID)
    again = await party.send(documented.create("R-1", "10.00"))
    if documented.same_again is None:
        assert only(documented.read_created(again)).payout_id == payout.payout_id
    else:
        see(documented, again, documented.same_again, "the same, once it is paid")
    assert await desk.payouts() == 1
    books = await desk.world.books(party.account_id, documented.currency)
    assert books["available"] == 100_000_00 - AMOUNT_MINOR


async def what_is_somebody_elses_is_unknown(desk: Desk) -> None:
    documented, (party, other) = desk.documented, (await desk.party(), await desk.party())
    seen, made = await other.order("R-theirs")
    agrees(await desk.payout(other.account_id, only(seen).payout_id), await other.query("R-theirs", made))
    told = []
    for reference, answer in (("R-theirs", made), ("R-nobodys", None)):
        answered = await party.send(documented.query(reference, answer))
        see(documented, answered, documented.not_found, reference)
        told.append((answered.status, documented.read_error(answered), sorted(answered.headers)))
    assert told[0] == told[1], "nobody learns that there is one"
    mine, _ = await party.order("R-theirs")
    assert only(mine).payout_id != only(seen).payout_id, "a reference is free for everybody else"


# -- the neutral form -----------------------------------------------------------------------------------------------

_SEARCH: Final = settings(max_examples=60, database=None, deadline=None, phases=[Phase.generate, Phase.shrink])


async def an_order_is_the_same_there_and_back(desk: Desk) -> None:
    documented = desk.documented

    def holds(body: Any) -> None:
        order, written, again = documented.there_and_back(body)
        assert dict(flat(written)) == dict(flat(documented.normal(body)))
        assert again == order

    seed(seed_of_tree())(_SEARCH(given(documented.bodies)(holds)))()


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every member by its path, at every depth: an empty object says nothing."""
    match value:
        case dict():
            for name, member in value.items():
                yield from flat(member, f"{path}.{name}")
        case list():
            for place, item in enumerate(value):
                yield from flat(item, f"{path}[{place}]")
        case _:
            yield path, value


def see(documented: Any, answer: Answer, said: Said, about: Any) -> None:
    code, text = documented.read_error(answer)
    assert (answer.status, code) == (said.status, said.code), (about, answer)
    assert said.text in (None, text), (about, answer)


PROMISES: Final[tuple[Promise, ...]] = (
    what_is_documented_is_exercised,
    a_key_works_and_is_hidden,
    nobody_speaks_for_another,
    a_header_is_needed_in_its_form,
    a_body_is_one_json_object,
    a_body_has_a_limit,
    a_path_takes_its_own_methods,
    of_two_faults_the_first_is_told,
    a_field_is_held_to_its_rule,
    an_amount_is_a_plain_decimal_text,
    every_no_has_its_words,
    what_an_account_may_not_is_refused,
    every_standing_is_told_in_its_words,
    every_story_of_the_bank_is_told_to_its_end,
    the_same_again_is_told_from_another,
    what_is_somebody_elses_is_unknown,
    an_order_is_the_same_there_and_back,
)
