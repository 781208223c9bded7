"""Kill a server at each moment while merchants order, start the next one on the same folder, and prove in the end that
nothing is lost or paid twice.

Each server is the restart of the one before it: what that one left half-way, this one takes up, and may die of. Who had
no answer orders the same again from the next. The last server lives, until every order has ended.

The trap: a kill that did not happen proves nothing. So a server must have died by SIGKILL, after it said at which
moment, or the moment counts as missed.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from outlay.running.moments import Moment
from tests.e2e.checker import books_of
from tests.e2e.server import POLL_S, main_postgres_on, quiet_folder, wait_until
from tests.kills.judge import faults_of, is_settled
from tests.kills.merchants import CARELESS_RAIL, Merchants, Order
from tests.kills.mortal import MortalServer

Tell = Callable[[str], None]

SENDERS = 6
HIT_WITHIN_S = 60.0
WAVE_S = 3.0
"""After so long without a death, merchants order once more."""
SETTLED_WITHIN_S = 150.0
SENT_TWICE_ON_PURPOSE = 40

ONCE, FEW, SOME, MANY = 1, 2, 4, 20
COUNTS = {
    **dict.fromkeys((Moment.LOCKED, Moment.LOADED, Moment.SAVED, Moment.COMMITTED), MANY),
    Moment.TRANSFER_FOUND: ONCE,
    **dict.fromkeys((Moment.TAKEN, Moment.NOTED, Moment.RENEWED, Moment.PARKING, Moment.PARKED), FEW),
    **dict.fromkeys((Moment.EXPIRED, Moment.SENDING_AGAIN, Moment.SENT_AGAIN), FEW),
}
"""The last time of a moment that a server may die at; SOME where nothing else is said."""
BEFORE = {Moment.TRANSFER_FOUND: Moment.TRANSFER_GIVEN}
"""What must have died half-way, for a moment to come."""

QUICK_TERMS = f"""
update rails set send_within_ms = 3000, timeout_ms = 1000, ask_again_ms = 300;
insert into rails (name, kind, send_within_ms, timeout_ms, ask_again_ms)
values ('{CARELESS_RAIL}', 'sandbox', 3000, 1000, 300)
"""
"""So that what was lost is asked about within seconds. Not shorter: a process that stands still for longer than a send
may take to leave sends late, which is a case for people and no fault."""


END_LEASES = "update work set due_ms = noted_ms, leased_by = null where leased_by is not null"


class Kill(msgspec.Struct, frozen=True):
    """`orders`: that were given to this server for the first time. `while_starting`: it died before it served, of what
    earlier ones had left to it."""

    moment: str
    count: int
    is_hit: bool
    while_starting: bool
    orders: int
    seconds: float


class Outcome(msgspec.Struct, frozen=True):
    seed: int
    kills: list[Kill]
    orders: int
    faults: list[str]
    seconds: float

    @property
    def is_clean(self) -> bool:
        return not self.faults and all(kill.is_hit for kill in self.kills)


def in_turn(moments: Sequence[Moment]) -> list[Moment]:
    """With what must come before some."""
    return [each for moment in moments for each in (BEFORE.get(moment), moment) if each is not None]


def campaign(
    moments: Sequence[Moment], seed: int, tell: Tell, *, program: Sequence[str] = (), is_short: bool = False
) -> Outcome:
    """`program`: see MortalServer. `is_short`: in the end the leases of the dead are not waited for."""
    began, kills = time.monotonic(), []
    with quiet_folder() as folder:
        server = MortalServer(folder / "data", *program)
        play = Play(server, random.Random(seed))
        for moment in in_turn(moments):
            tell(f"one dies at {moment.value}")
            kills.append(play.kill_at(moment))
        tell("the last one lives")
        server.start()
        if is_short:
            play.end_leases()
        faults = play.prove()
        if status := server.stop():
            faults.append(f"the last server did not stop in order: {status}")
    return Outcome(seed, kills, len(play.orders), faults, round(time.monotonic() - began, 1))


class Play:
    """The merchants of one folder, and all that they have ordered so far. Between two calls no server runs, unless one
    was started."""

    def __init__(self, server: MortalServer, chance: random.Random) -> None:
        self.orders: list[Order] = []
        self._server, self._chance = server, chance
        server.start()
        with books_of(server.data) as books:
            for statement in QUICK_TERMS.split(";"):
                books.rows(statement)
        self._merchants = Merchants(server.cli)
        server.kill()

    def kill_at(self, moment: Moment, *, within_s: float = HIT_WITHIN_S) -> Kill:
        began, known = time.monotonic(), len(self.orders)
        count = self._chance.randint(1, COUNTS.get(moment, SOME))
        has_served = self._server.begin(moment, count)
        if has_served:
            self._order_until_dead(moment, within_s)
        is_hit = self._server.died_at(moment, count)
        orders, seconds = len(self.orders) - known, round(time.monotonic() - began, 1)
        return Kill(moment.value, count, is_hit, not has_served, orders, seconds)

    def _order_until_dead(self, moment: Moment, within_s: float) -> None:
        end = time.monotonic() + within_s
        while not self._server.is_dead() and time.monotonic() < end:
            wave, waiting = self._merchants.wave(moment, self._chance), self._unanswered()
            self.orders += wave
            send_all([*waiting, *wave])
            wave_end = min(time.monotonic() + WAVE_S, end)
            while not self._server.is_dead() and time.monotonic() < wave_end:
                time.sleep(POLL_S)

    def _unanswered(self) -> list[Order]:
        return [order for order in self.orders if not order.is_answered]

    def end_leases(self) -> None:
        """Those of the dead, which would end by themselves within half a minute. A lease is a hint: to lose one is safe
        for the living, too."""
        with books_of(self._server.data) as books:
            books.rows(END_LEASES)

    def prove(self) -> list[str]:
        """What is wrong, when the server that runs has answered everybody and nothing is left to do."""
        wait_until(self._all_are_answered, SETTLED_WITHIN_S, "every order is answered")
        send_all(self._chance.sample(self.orders, min(SENT_TWICE_ON_PURPOSE, len(self.orders))))
        with books_of(self._server.data) as books:
            unsettled = [] if is_settled(books, SETTLED_WITHIN_S) else ["not every order has ended"]
            return [*unsettled, *faults_of(books, self.orders), *self.what_else()]

    def _all_are_answered(self) -> bool:
        send_all(self._unanswered())
        return not self._unanswered()

    def what_else(self) -> Iterable[str]:
        """The books, by the command that proves them, and what people are shown."""
        server = self._server
        verified = json.loads(server.cli.try_out("ledger", "verify", "--replay", "--json").out)
        if not verified["ok"]:
            failed = [check["name"] for check in verified["checks"] if not check["ok"]]
            yield f"ledger verify --replay: not so: {failed}; {verified['replay']['shown']}"
        shown = server.cli.json("case", "list", "--limit", 1000)
        wanted = sum(len(order.story.cases) for order in self.orders)
        if sum(len(part) for part in shown.values() if isinstance(part, list)) != wanted:
            yield f"people should be shown {wanted} cases and nothing else: {shown}"
        if len(main_postgres_on(server.data)) != 1:
            yield "there is not one database on the folder"
        if "internal fault" in server.said():
            yield "a server met a fault of its own"


def send_all(orders: Sequence[Order]) -> None:
    with ThreadPoolExecutor(SENDERS) as pool:
        for _ in pool.map(Order.try_again, orders):
            pass
