"""Each limit taken out of a server: then the stranger that the limit is for must be seen to do harm.

Where a setting can be raised far enough, that takes the limit out; else an edit of a copy of the sources does, in the
form in which the rules of the APIs are broken (tests/rules/breaks.py).

The trap: a control that is caught by chance proves nothing. So each names the stranger that must be caught, and the
same stranger is harmless on the server as it is (`./run abuse` without --control).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.abuse.campaign import Terms, campaign
from tests.abuse.judge import Trial
from tests.abuse.mission import STRANGERS
from tests.abuse.stranger import ALL
from tests.rules.breaks import SOURCES, Break, broken

_AN_HOUR = "3600"
_NO_END = "1000000000"


class Control(msgspec.Struct, frozen=True):
    """`limit`: what is taken out, in a word or as its setting is called. `breaks`: edits of the sources."""

    limit: str
    strangers: tuple[str, ...]
    settings: Mapping[str, str] = {}
    breaks: tuple[Break, ...] = ()


CONTROLS = (
    Control("head_lines", ("thousand header lines",), {"OUTLAY_HEAD_LINES": "10000"}),
    Control("head_seconds", ("slow heads", "half heads"), {"OUTLAY_HEAD_SECONDS": _AN_HOUR}),
    Control(
        "body_seconds", ("unfinished bodies",), {"OUTLAY_BODY_SECONDS": _AN_HOUR, "OUTLAY_UNPROVED_LIMIT": _NO_END}
    ),
    Control("body_rate", ("trickling bodies",), {"OUTLAY_BODY_RATE": "0"}),
    Control("idle_seconds", ("idle connections",), {"OUTLAY_IDLE_SECONDS": _AN_HOUR}),
    Control("unread_seconds", ("answers never read",), {"OUTLAY_UNREAD_SECONDS": _AN_HOUR}),
    Control("connections", ("silent sockets",), {"OUTLAY_CONNECTIONS": "100000", "OUTLAY_HEAD_SECONDS": _AN_HOUR}),
    Control("unproved_limit", ("unfinished bodies",), {"OUTLAY_UNPROVED_LIMIT": _NO_END}),
    Control("refusal_rate", ("unknown keys", "wrong signatures", "wrong tokens"), {"OUTLAY_REFUSAL_RATE": "0"}),
)


class Caught(msgspec.Struct, frozen=True):
    """`trials` of the strangers on the server without the limit."""

    limit: str
    trials: list[Trial]

    @property
    def is_caught(self) -> bool:
        return bool(self.trials) and all(trial.harms for trial in self.trials)


def tried(control: Control, terms: Terms, tell: Callable[[str], None] = lambda _: None) -> Caught:
    """A stranger that does no harm at first is given one more chance: chance protects too."""
    assert ALL
    with broken_sources(control.breaks) as sources:
        weak = msgspec.structs.replace(terms, settings=control.settings, sources=sources, tries=1)
        with campaign(weak) as opened:
            trials = []
            for name in control.strangers:
                (trial,) = opened.run([STRANGERS[name]], tell)
                if not trial.harms:
                    (trial,) = opened.run([STRANGERS[name]], tell)
                trials.append(trial)
    return Caught(control.limit, trials)


@contextmanager
def broken_sources(breaks: Sequence[Break]) -> Iterator[Path | None]:
    """A src folder with these edits; None where there are none. Raises BadBreak."""
    if not breaks:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="outlay-abuse-") as folder:
        src = Path(folder) / "src"
        shutil.copytree(SOURCES.parent, src, ignore=shutil.ignore_patterns("__pycache__"))
        for each in breaks:
            file = src / "outlay" / each.file
            file.write_text(broken(file.read_text("utf-8"), each), "utf-8")
        src.chmod(0o755)
        Path(folder).chmod(0o755)
        yield src
