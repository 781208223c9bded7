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
from tests.rules.breaks import SOURCES, Break, broken, edit

_AN_HOUR = "3600"
_NO_END = "1000000000"


class Control(msgspec.Struct, frozen=True):
    """`limit`: what is taken out, in a word or as its setting is called. `breaks`: edits of the sources. `is_felt`: how
    long others wait shows it and nothing else, which hangs on the machine."""

    limit: str
    strangers: tuple[str, ...]
    settings: Mapping[str, str] = {}
    breaks: tuple[Break, ...] = ()
    is_felt: bool = False


_ANY_LENGTH = edit(
    "api/gateway.py", "return route.longest_body if", "return 1 << 40 if", within="_RouteTable.longest_body"
)
_ANY_VALUES = edit("kit/jsontext.py", "    _check_bounds(raw, most_values)\n", "", within="parse_object")
_PARSED_FIRST = edit(
    "dialects/lesspay/callers.py",
    "    return Call(request, key_id",
    "    parse_object(request.body, most_values=1 << 40)\n    return Call(request, key_id",
    within="identify",
)
_IN_PLACE = edit("api/gateway.py", "if self._large is None or not is_large(body):", "if True:", within="Gateway._prove")
_WRITTEN_AT_ONCE = edit(
    "process/logging.py", "self._lines.put(line)", "os.write(self._descriptor, line)", within="LogSink.put"
)

CONTROLS = (
    Control(
        "head_limit",
        ("endless header",),
        breaks=(edit("api/connection.py", "if self._loose > self._all.limits.head_limit:", "if False:"),),
    ),
    Control("head_lines", ("thousand header lines",), {"OUTLAY_HEAD_LINES": "10000"}),
    Control("head_seconds", ("slow heads", "half heads"), {"OUTLAY_HEAD_SECONDS": _AN_HOUR}),
    Control("body_limit", ("endless body",), breaks=(_ANY_LENGTH,)),
    Control("body_seconds", ("unfinished bodies",), {"OUTLAY_BODY_SECONDS": _AN_HOUR}),
    Control("body_rate", ("trickling bodies",), {"OUTLAY_BODY_RATE": "0"}),
    Control("idle_seconds", ("idle connections",), {"OUTLAY_IDLE_SECONDS": _AN_HOUR}),
    Control("unread_seconds", ("answers never read",), {"OUTLAY_UNREAD_SECONDS": _AN_HOUR}),
    Control(
        "connections",
        ("silent sockets",),
        breaks=(edit("api/connections.py", "return most, max(", "return 1 << 20, max(", within="room_for"),),
    ),
    Control("unproved_limit", ("unfinished bodies",), {"OUTLAY_UNPROVED_LIMIT": _NO_END}),
    Control(
        "refusal_rate",
        ("unknown keys", "wrong signatures", "wrong tokens"),
        {"OUTLAY_REFUSAL_RATE": "0"},
    ),
    # What is worked for nobody is bounded in several ways; each control takes the others out as well.
    Control(
        "keys before bodies", ("values of nobody",), breaks=(_PARSED_FIRST, _ANY_VALUES, _ANY_LENGTH), is_felt=True
    ),
    Control("bounded values", ("values unsigned",), breaks=(_ANY_VALUES, _ANY_LENGTH, _IN_PLACE), is_felt=True),
    Control("large bodies apart", ("large bodies unsigned",), breaks=(_IN_PLACE,), is_felt=True),
    Control(
        "offers declined",
        ("offered upgrades",),
        breaks=(edit("api/connection.py", "self._head_again() + data[offer.args[0] :]", "data[offer.args[0] :]"),),
    ),
    Control(
        "one Host",
        ("smuggled requests",),
        breaks=(edit("api/heads.py", "return None if hosts == 1 else rejections.NOT_ONE_HOST", "return None"),),
    ),
    Control("a log apart", ("refusals, full log", "refusals, unread log"), breaks=(_WRITTEN_AT_ONCE,)),
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
