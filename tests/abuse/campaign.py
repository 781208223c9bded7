"""Calm, a stranger, calm again, the next one: the valid callers never stop, and each calm serves two trials.

A server that was harmed is not asked again: it is killed, and the next trial begins with a fresh one on the same data
folder. So every order that was ever acknowledged is in the books that are checked in the end.

The trap: chance harms too. What looks like harm is tried once more on a fresh server before it is called so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from tests.abuse.caller import Callers, Keys, Window, open_keys
from tests.abuse.house import KINDS, PLAIN, House, Kind
from tests.abuse.judge import STRICT, Leniency, Memory, Trial, fat, judged
from tests.abuse.mission import STRANGERS, Mission, Saw, Stranger
from tests.abuse.stranger import ALL, Acting
from tests.e2e.server import quiet_folder

CALM_S = 1.2
SETTLING_S = 6.0
LOOK_S = 0.2
ALL_AT_ONCE = ("unknown keys", "unfinished bodies", "slow heads", "pipelined flood")
STOPPED_AFTER_S = 2.5


async def _nothing(_scene: object) -> None:
    """See `Campaign._stopped`."""


STOP = Stranger(
    "stop", f"SIGTERM under {', '.join(ALL_AT_ONCE)} at once", _nothing, frozenset(), frozenset(), 5.0, "plain"
)


def all_strangers(named: str = "") -> list[Stranger]:
    """Those with this text in their names, so that one house serves as many as it can; the stop is the last."""
    assert ALL
    found = sorted([*STRANGERS.values(), STOP], key=lambda who: (who.house == "plain", who is STOP))
    return [who for who in found if named in who.name]


class Terms(msgspec.Struct, frozen=True):
    """`settings` and `sources`: how the servers differ from what they should be; for a control."""

    proxy: str = ""
    leniency: Leniency = STRICT
    settings: Mapping[str, str] = {}
    sources: Path | None = None
    tries: int = 2


@contextmanager
def campaign(terms: Terms) -> Iterator[Campaign]:
    """Accounts and keys are made; nothing is left when it ends."""
    with quiet_folder() as folder, ExitStack() as opened:
        house = House(folder / "data", sources=terms.sources, proxy=terms.proxy)
        opened.callback(house.kill)
        house.start(**terms.settings)
        keys = open_keys(house.cli)
        house.stop()
        yield Campaign(terms, house, opened.enter_context(Callers(keys)), keys)


class Campaign:
    def __init__(self, terms: Terms, house: House, callers: Callers, keys: Keys) -> None:
        self._terms, self._house, self._callers, self._keys = terms, house, callers, keys
        self._kind: Kind | None = None
        """Of the server that runs; None where none does."""
        self._calm = Window()
        self._calm_mib = (0.0, 0.0)

    def run(self, strangers: Sequence[Stranger], tell: Callable[[str], None] = lambda _: None) -> list[Trial]:
        """`tell` hears whose turn it is, and what came of it."""
        trials: list[Trial] = []
        for who in strangers:
            tell(who.name)
            if trials and self._kind is not None and self._kind.name != who.house:
                trials[-1].harms += self._end()
            trials.append(self._tried(who))
            tell(f"{who.name}: {'; '.join(trials[-1].harms) or 'no harm'}")
        if trials:
            trials[-1].harms += self._end() if self._kind is not None else []
            trials[-1].harms += self._verified()
        return trials

    def _tried(self, who: Stranger) -> Trial:
        began = time.monotonic()
        for left in reversed(range(self._terms.tries)):
            trial = self._stopped() if who is STOP else self._suffered(who)
            if not trial.harms or not left:
                break
        trial.seconds = round(time.monotonic() - began, 1)
        return trial

    def _suffered(self, who: Stranger) -> Trial:
        if trouble := self._ready(who.house):
            return self._judged(who, Window(), trouble, Window(), Saw(), 0.0)
        with Acting(self._mission(who)) as acting, self._watched() as memory:
            self._callers.mark()
            acting.begin()
            saw = acting.saw()
            during = self._callers.mark()
        self._settle()
        after = self._callers.window(CALM_S)
        trial = self._judged(who, self._calm, during, after, saw, max(memory))
        self._calm = after
        if trial.harms:
            self._kill()
        return trial

    def _judged(self, who: Stranger, before: Window, during: Window, after: Window, saw: Saw, peak_mib: float) -> Trial:
        memory = Memory(self._calm_mib, peak_mib, self._house.memory_mib())
        return judged(
            who,
            before,
            during,
            after,
            saw,
            memory,
            is_proxied=bool(self._terms.proxy),
            leniency=self._terms.leniency,
        )

    def _mission(self, who: Stranger) -> Mission:
        return Mission(who.name, self._house.place, who.seconds, self._keys.sessions, bool(self._terms.proxy))

    def _ready(self, house: str) -> Window | None:
        """A server of that kind runs and is calm; what the first callers saw where it does not serve."""
        if self._kind is not None and self._kind.name == house:
            return None
        self._kind = KINDS[house]
        self._house.start(self._kind, **self._terms.settings)
        first = self._callers.go(self._house.place)
        if first.faulty:
            self._kill()
            return first
        self._callers.window(CALM_S)
        self._calm = self._callers.window(CALM_S)
        self._calm_mib = self._house.memory_mib()
        return None

    @contextmanager
    def _watched(self) -> Iterator[list[float]]:
        """The server's memory, now and then."""
        seen = [self._house.memory_mib()[0]]
        over = threading.Event()

        def look() -> None:
            while not over.wait(LOOK_S):
                seen.append(self._house.memory_mib()[0])

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield seen
        finally:
            over.set()
            looking.join()

    def _settle(self) -> None:
        """What strangers held is given back soon, not at once."""
        end = time.monotonic() + SETTLING_S
        while time.monotonic() < end:
            if not fat(Memory(self._calm_mib, 0.0, self._house.memory_mib())):
                return
            time.sleep(LOOK_S)

    def _stopped(self) -> Trial:
        """Everything at once, and SIGTERM; afterwards every order is known that was acknowledged before."""
        if trouble := self._ready(STOP.house):
            return self._judged(STOP, Window(), trouble, Window(), Saw(), 0.0)
        saw = Saw()
        with ExitStack() as opened, self._watched() as memory:
            crowd = [
                opened.enter_context(Acting(msgspec.structs.replace(self._mission(STOP), name=name)))
                for name in ALL_AT_ONCE
            ]
            self._callers.mark()
            for acting in crowd:
                acting.begin()
            time.sleep(STOPPED_AFTER_S)
            harms = self._house.stop()
            self._kind = None
            during = self._callers.halt()
            for acting in crowd:
                for outcome, times in acting.saw().outcomes.items():
                    saw.met(outcome, times)
        return self._after_the_stop(during, saw, max(memory), harms)

    def _after_the_stop(self, during: Window, saw: Saw, peak_mib: float, harms: list[str]) -> Trial:
        left = self._house.left_behind()
        self._house.start(PLAIN, **self._terms.settings)
        checked = self._callers.check(self._house.place)
        harms = [*harms, *self._house.stop(), *left]
        if checked.faulty:
            harms.append(f"{checked.faulty} acknowledged orders not known afterwards: {checked.faults[0]}")
        if not checked.newcomers:
            harms.append("nothing had been acknowledged before")
        trial = self._judged(STOP, self._calm, during, Window(), saw, peak_mib)
        trial.harms = harms
        return trial

    def _end(self) -> list[str]:
        """Stop the server that runs; what was wrong with that."""
        self._kind = None
        self._callers.halt()
        return [*self._house.stop(), *self._house.left_behind()]

    def _kill(self) -> None:
        self._kind = None
        self._house.kill()
        self._callers.halt()

    def _verified(self) -> list[str]:
        try:
            self._house.cli("ledger", "verify")
        except AssertionError as error:
            return [f"the books: {error}"]
        return []
