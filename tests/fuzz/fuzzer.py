"""The attack: valid requests and spoiled ones in turn, to every endpoint, each answer judged; and the report of it.

The same seed makes the same requests, but for references, times and the ids that the server gave.

The trap: a fuzzer whose requests are all refused for the same trifle tests nothing, and one whose mutations do nothing
neither. So the report counts what fired and what was accepted, and `Report.weak_points` tells where it was too little.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import msgspec

from tests.fuzz.attacks import all_targets
from tests.fuzz.drafts import Draft, Target
from tests.fuzz.judge import Finding, Judge, Shot
from tests.fuzz.mutations import AT_ONCE, CHANGED, KINDS, REPEATS, RESENT
from tests.fuzz.senders import send, signed
from tests.fuzz.stage import Stage

TARGETS = all_targets()
_BY_ROUTE = {(target.method, target.path): target for target in TARGETS}
VALID_SHARE = 0.3
SPOILED_TWICE_SHARE = 0.2
RARE_FIRST_SHARE = 0.5
REPEATED_SHARE = 0.25
AT_ONCE_SHARE = 0.1
BY_WEIGHT_SHARE = 0.8
"""What comes after these is for what has not had its turn: chance alone would need thousands of requests for that."""
COPIES = 3
LEAST_FIRED = 3
SHOWN_OF_A_KIND = 3
ACCEPTED_SHARE = (0.25, 0.75)


class Report(msgspec.Struct):
    """What came of it. `seed` makes the same attack again."""

    seed: int
    sent: int
    fired: Counter[str]
    accepted: Counter[str]
    refused: Counter[str]
    findings: list[Finding]

    @property
    def share(self) -> float:
        return self.accepted.total() / self.sent

    def weak_points(self) -> list[str]:
        """Where the attack itself was too weak to prove anything."""
        weak = [
            f"{kind} fired {self.fired[kind]} times" for kind in (*KINDS, *REPEATS) if self.fired[kind] < LEAST_FIRED
        ]
        low, high = ACCEPTED_SHARE
        if not low <= self.share <= high:
            weak.append(f"{self.share:.0%} of the requests were accepted")
        weak += [f"{target.name} never accepted anything" for target in TARGETS if not self.accepted[target.name]]
        weak += [f"{target.name} never refused anything" for target in TARGETS if not self.refused[target.name]]
        return weak

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.sent} requests, {self.share:.0%} accepted, {len(self.findings)} findings"]
        for what, count in Counter((finding.oracle, finding.target) for finding in self.findings).items():
            shown = [finding for finding in self.findings if (finding.oracle, finding.target) == what][:SHOWN_OF_A_KIND]
            lines += [f"  {count} × {' / '.join(what)}", *(f"    {finding.about}" for finding in shown)]
        return "\n".join([*lines, *(f"  weak: {point}" for point in self.weak_points())])


def attack(stage: Stage, seed: int, requests: int, targets: Sequence[Target] = TARGETS) -> Report:
    """At least `requests` of them, spread over the targets by their weight; then the books."""
    attacker = _Attacker(stage, Random(seed))
    weights = [target.weight for target in targets]
    judge = attacker.judge
    while attacker.sent < requests:
        (target,) = attacker.rng.choices(targets, weights)
        attacker.is_late = attacker.sent > requests * BY_WEIGHT_SHARE
        if attacker.is_late and (one_sided := judge.one_sided(targets)):
            target = attacker.rng.choice(one_sided)
        attacker.attack(target)
    judge.look_at_the_books()
    return Report(seed, attacker.sent, attacker.fired, judge.accepted, judge.refused, judge.findings)


class _Attacker:
    def __init__(self, stage: Stage, rng: Random) -> None:
        self.stage = stage
        self.rng = rng
        self.judge = Judge(stage)
        self.fired: Counter[str] = Counter()
        self.sent = 0
        self.is_late = False

    def attack(self, target: Target) -> None:
        draft = target.valid(self.rng, self.stage)
        draft.body = copy.deepcopy(draft.body)  # parts of it belong to the tables of the shapes
        kinds = self._spoil(draft, target)
        target = _BY_ROUTE.get((draft.method, draft.path), target) if draft.method != target.method else target
        if not kinds and target.made_in is not None and self._has_its_turn(AT_ONCE, AT_ONCE_SHARE):
            self._send_at_once(target, draft)
            return
        is_accepted = self._send(Shot(target, draft, kinds))
        if is_accepted and target.made_in is not None and self._has_its_turn(RESENT, REPEATED_SHARE):
            self._repeat(target, draft)

    def _has_its_turn(self, kind: str, share: float) -> bool:
        return self.rng.random() < share or (self.is_late and self.fired[kind] < LEAST_FIRED)

    def _spoil(self, draft: Draft, target: Target) -> tuple[str, ...]:
        """Nothing, one thing, or two."""
        if self.rng.random() < VALID_SHARE:
            return ()
        wanted = 2 if self.rng.random() < SPOILED_TWICE_SHARE else 1
        names = list(KINDS)
        self.rng.shuffle(names)
        if self.rng.random() < RARE_FIRST_SHARE:  # some fit few requests, and would hardly ever have their turn
            names.sort(key=lambda name: self.fired[name])
        done: list[str] = []
        for name in names:
            if len(done) == wanted:
                break
            if KINDS[name](self.rng, draft, target):
                done.append(name)
        self.fired.update(done)
        return tuple(done)

    def _repeat(self, target: Target, draft: Draft) -> None:
        """Once as it was, once with another content."""
        self.fired.update([RESENT, CHANGED])
        self._send(Shot(target, draft, (RESENT,)))
        changed = copy.deepcopy(draft)
        if changed.body is not None and changed.raw is None:
            changed.body[target.free_field] = "https://other.example/"
            self._send(Shot(target, changed, (CHANGED,)))

    def _send(self, shot: Shot) -> bool:
        self.sent += 1
        answer = send(self.stage.server.base_url, signed(shot.draft, self.stage.keys[shot.draft.who]))
        return self.judge.look(shot, answer)

    def _send_at_once(self, target: Target, draft: Draft) -> None:
        """The same request from several connections: one of them makes something."""
        self.fired[AT_ONCE] += 1
        self.sent += COPIES
        calls = [signed(draft, self.stage.keys[draft.who]) for _ in range(COPIES)]
        with ThreadPoolExecutor(COPIES) as pool:
            answers = list(pool.map(lambda call: send(self.stage.server.base_url, call), calls))
        shot = Shot(target, draft, (AT_ONCE,))
        accepted = [self.judge.look(shot, answer) for answer in answers]
        if not any(accepted):
            self.judge.findings.append(Finding("accepts", target.name, f"none of {COPIES} at once: {answers}"))
