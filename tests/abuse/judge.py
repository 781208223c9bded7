"""What a stranger did to everybody else, and when that is called harm.

Two bounds on time: the command's own, three times the calm of the same minute; and for a machine that does other things
meanwhile, the same and a quarter of a second at least, because there chance alone makes three of one.
"""

from __future__ import annotations

import msgspec

from tests.abuse.caller import Window, at
from tests.abuse.mission import Saw, Stranger

MOST_TIMES = 3.0
FEWEST_CALLS = 100
MOST_MEMORY_TIMES = 1.2
MOST_PEAK_MIB = 160.0
"""Two and a half times what `unproved_limit` lets bodies have: some of them are copied on their way."""
LONGEST_MS = 5_000.0


class Leniency(msgspec.Struct, frozen=True):
    """Below `floor_ms` no p99 is called harm, whatever its ratio."""

    floor_ms: float = 0.0


STRICT, LENIENT = Leniency(), Leniency(floor_ms=250.0)


class Memory(msgspec.Struct, frozen=True):
    """Of the server, in MiB: when it was calm, at most meanwhile, and when the stranger had left. The pairs are all its
    processes, and its first one alone: where another one has ended, it must not be counted as given back."""

    calm: tuple[float, float]
    peak: float
    after: tuple[float, float]


class Trial(msgspec.Struct):
    """`calm`: the windows before and after. `harms`: in words, none where nobody was harmed."""

    stranger: str
    what: str
    calm_ms: tuple[float, float]
    """p50 and p99."""
    during_ms: tuple[float, float]
    newcomer_ms: float
    """p99 of calls that came on new connections."""
    batch_ms: float
    """p99 of batches."""
    calls: int
    saw: dict[str, int]
    memory: Memory
    harms: list[str]
    seconds: float = 0.0

    @property
    def times(self) -> float:
        """How many times the calm p99 the p99 was."""
        return self.during_ms[1] / self.calm_ms[1] if self.calm_ms[1] else 0.0


def judged(
    who: Stranger,
    before: Window,
    during: Window,
    after: Window,
    saw: Saw,
    memory: Memory,
    *,
    is_proxied: bool,
    leniency: Leniency = STRICT,
) -> Trial:
    calm = before.latencies + after.latencies
    trial = Trial(
        stranger=who.name,
        what=who.what,
        calm_ms=(at(calm, 0.5), at(calm, 0.99)),
        during_ms=(during.p50, during.p99),
        newcomer_ms=at(during.newcomers, 0.99),
        batch_ms=at(during.batches, 0.99),
        calls=len(during.latencies),
        saw=saw.outcomes,
        memory=memory,
        harms=[],
    )
    trial.harms += _slowed(trial, leniency)
    trial.harms += _misled(during, after)
    trial.harms += _met(who, saw, is_proxied)
    trial.harms += fat(memory)
    return trial


def _slowed(trial: Trial, leniency: Leniency) -> list[str]:
    found = []
    p99 = trial.during_ms[1]
    if p99 > max(MOST_TIMES * trial.calm_ms[1], leniency.floor_ms):
        found.append(f"p99 {p99:.0f} ms, {trial.times:.1f} times the calm one")
    if trial.calls < FEWEST_CALLS:
        found.append(f"only {trial.calls} calls were answered")
    for who, waited_ms in (("newcomer", trial.newcomer_ms), ("batch", trial.batch_ms)):
        if waited_ms > LONGEST_MS:
            found.append(f"a {who} waited {waited_ms / 1000:.1f} s")
    return found


def _misled(during: Window, after: Window) -> list[str]:
    found = []
    if during.faulty:
        found.append(f"{during.faulty} valid calls not answered rightly: {during.faults[0]}")
    if after.faulty:
        found.append(f"{after.faulty} not even afterwards: {after.faults[0]}")
    return found


def _met(who: Stranger, saw: Saw, is_proxied: bool) -> list[str]:
    allowed = who.allowed | (who.proxied if is_proxied else frozenset())
    strange = {outcome: times for outcome, times in saw.outcomes.items() if outcome not in allowed}
    said = ", ".join(f"{outcome} × {times}" for outcome, times in sorted(strange.items()))
    found = [f"the stranger met {said}{'; ' if saw.wrong else ''}{'; '.join(saw.wrong)}"] if strange else []
    answered = sum(saw.outcomes.values())
    if who.most and answered > who.most:
        found.append(f"the stranger was answered {answered} times")
    return found if saw.outcomes else ["the stranger met nothing"]


def fat(memory: Memory) -> list[str]:
    found = []
    if memory.peak - memory.calm[0] > MOST_PEAK_MIB:
        found.append(f"{memory.peak - memory.calm[0]:.0f} MiB of memory taken")
    kept = [
        after - calm for after, calm in zip(memory.after, memory.calm, strict=True) if after > MOST_MEMORY_TIMES * calm
    ]
    return [*found, *(f"{mib:.0f} MiB of memory kept" for mib in kept[:1])]
