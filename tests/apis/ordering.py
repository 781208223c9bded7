"""What every dialect promises of an order: which fault is told, fields, refusals, repeats, its neutral form.

Played by `exercise`, which tells how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, Final

import msgspec
from hypothesis import Phase, given, seed, settings

from outlay.core.asks import Greet
from outlay.core.limits import Limits
from outlay.core.payout import Order
from outlay.core.refusal import Family, Refusal
from outlay.service.operator.accounts import block_recipient, change_account, set_limits, switch_method
from outlay.store.database import Unavailable
from outlay.store.gather import Busy
from outlay.wire.problems import Trouble
from tests.apis.calling import longest_body
from tests.apis.contract import FAULTS, GONE, HOUR_MS, Known, Making, Spoilt, Text
from tests.apis.desk import RICH_MINOR, Desk, Party
from tests.apis.learning import PAID, agrees
from tests.apis.seen import only
from tests.e2e.raw_http import Answer
from tests.support.seeds import seed_of_tree
from tests.support.situations import moved

AMOUNT_MINOR: Final = 10_00
TOO_MUCH: Final = "999999.00"


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
    count, order = await desk.made(), documented.order
    for number, names in enumerate([*((name,) for name in order), *combinations(order, 2)]):
        making = spoilt(desk, known, number, {name: order[name] for name in names})
        desk.see(await party.send(making), order[names[0]].said, names)
    assert await desk.made() == count


# -- fields ---------------------------------------------------------------------------------------------------------

_MARK: Final = "Zq7"
"""Nothing that is answered or logged repeats it."""
_NO_TEXTS: Final = (5, True, [_MARK], {"a": _MARK})
_UNCLEAN: Final = (f"{_MARK}\x00b", f"{_MARK}\ud800b", f"{_MARK}\u202eb")
_NO_AMOUNTS: Final = (
    "", " ", "0", "0.00", "-1.00", "+1.00", "1,00", "1,000.00", "1e3", "1.", ".5", "01", "1.234", "1_0", "1.0.0", "one",
    "١٠", "１００", "1．00", "1.00 ", " 1.00", "1.00\n", "1.00\u00a0", "0x10", "NaN", "Infinity", "1\x00", "1\ud800",
    "9" * 19, "9" * 17 + ".99", "9" * 5_000, 10**400, -1, 0, None, True, ["1.00"], {"value": "1.00"}, GONE,
)  # fmt: skip


def wrong_texts(text: Text) -> Iterator[Any]:
    yield from _NO_TEXTS
    yield from _UNCLEAN
    yield _MARK.ljust(text.longest + 1, "a")


async def a_field_is_held_to_its_rule(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    await party.order("R-1")
    count, number = await desk.made(), 0
    for text in documented.texts:
        nothing = [(value, text.missing) for value in (GONE, None, "", " ") if text.missing is not None]
        for value, said in [*((wrong, text.wrong) for wrong in wrong_texts(text)), *nothing]:
            number += 1
            making = documented.create(f"F-{number}", "10.00")
            making.put(text.path, value)
            answer = await party.send(making)
            desk.see(answer, said, (text.path, str(value)[:40]))
            assert _MARK not in answer.body.decode() + repr(desk.logged), text.path
    for path, said in documented.needed.items():
        making = documented.create("F-0", "10.00")
        making.put(path, GONE)
        desk.see(await party.send(making), said, path)
    assert await desk.made() == count
    for place, text in enumerate(documented.texts):
        if text.is_free:
            making = documented.create(f"L-{place}", "10.00")
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
    """Also those that only a race can meet: in the documented form, with a code that the documents have. And a trouble
    of the server itself is told so to whoever meets it."""
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
            desk.says(answer, documented.troubles[what], what)
    words = {family: {_worded(desk, each, party) for each in Refusal if each.family is family} for family in Family}
    for one, other in combinations((Family.FUNDS, Family.CLOSED, Family.UNKNOWN), 2):
        assert not words[one] & words[other], "a caller can tell these apart"
    for what, error in _STUMBLES.items():
        desk.stumbles = error
        answer = await party.send(documented.create("R-1", "10.00"))
        desk.says(answer, documented.troubles[what], what)
        assert ("retry-after" in answer.headers) == (what is Trouble.TOO_MANY_REQUESTS)


_STUMBLES: Final[Mapping[Trouble, Exception]] = {
    Trouble.TOO_MANY_REQUESTS: Busy(),
    Trouble.NOT_CARRIED_OUT: Unavailable("away"),
    Trouble.UNAVAILABLE: Unavailable("away", may_have_happened=True),
    Trouble.INTERNAL: ZeroDivisionError(),
}


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
        desk.see(answer, said, refusal.name)
    assert await desk.payouts() == 0


# -- repeats, and what is nobody's ----------------------------------------------------------------------------------


async def the_same_again_is_told_from_another(desk: Desk) -> None:
    documented, party = desk.documented, await desk.party()
    seen, _ = await party.order("R-1")
    again = await party.send(documented.create("R-1", "10.00"))
    if documented.same_again is None:
        assert documented.read_created(again) == seen
    else:
        desk.see(again, documented.same_again, "the same")
    for amount in ("10.01", TOO_MUCH):
        desk.see(await party.send(documented.create("R-1", amount)), documented.other_again, amount)
    making = documented.create("R-1", "10.00")
    making.put(*documented.wrong_field)
    desk.see(await party.send(making), documented.other_again, "a field is wrong")
    payout = await desk.payout(party.account_id, only(seen).payout_id)
    await moved(desk.world, payout, *PAID)
    again = await party.send(documented.create("R-1", "10.00"))
    if documented.same_again is None:
        assert only(documented.read_created(again)).payout_id == payout.payout_id
    else:
        desk.see(again, documented.same_again, "the same, once it is paid")
    assert await desk.payouts() == 1
    books = await desk.world.books(party.account_id, documented.currency)
    assert books["available"] == RICH_MINOR - AMOUNT_MINOR


async def what_is_somebody_elses_is_unknown(desk: Desk) -> None:
    documented, (party, other) = desk.documented, (await desk.party(), await desk.party())
    seen, made = await other.order("R-theirs")
    agrees(await desk.payout(other.account_id, only(seen).payout_id), await other.query("R-theirs", made))
    told = []
    for reference, answer in (("R-theirs", made), ("R-nobodys", None)):
        answered = await party.send(documented.query(reference, answer))
        desk.see(answered, documented.not_found, reference)
        told.append((answered.status, documented.read_error(answered), sorted(answered.headers)))
    assert told[0] == told[1], "nobody learns that there is one"
    mine, _ = await party.order("R-theirs")
    assert only(mine).payout_id != only(seen).payout_id, "a reference is free for everybody else"


# -- the neutral form -----------------------------------------------------------------------------------------------

_SEARCH: Final = settings(max_examples=60, database=None, deadline=None, phases=[Phase.generate, Phase.shrink])
_encode: Final = msgspec.json.Encoder(order="sorted").encode


async def an_order_is_the_same_there_and_back(desk: Desk) -> None:
    """From the wire and to it, and from what is stored."""
    documented = desk.documented

    def holds(body: Any) -> None:
        order, written, again = documented.there_and_back(body)
        assert dict(flat(written)) == dict(flat(documented.normal(body)))
        assert again == order
        assert is_the_same_when_it_is_read_back(order)

    seed(seed_of_tree())(_SEARCH(given(documented.bodies)(holds)))()


def is_the_same_when_it_is_read_back(order: Order) -> bool:
    """Byte for byte, so that what is made from its text (a digest) stays the same."""
    for held in (order.beneficiary, order.remarks):
        text = _encode(held)
        read = msgspec.json.decode(text, type=type(held))
        if read != held or _encode(read) != text:
            return False
    return True


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
