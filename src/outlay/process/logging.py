"""Where log lines go: to standard error, by a thread of their own, so that a log can neither stop nor hold up a server.

Whoever logs only puts a finished line into a bounded queue; the thread writes it. A line is lost, and counted, where
there are more of them than `log_rate` allows, where the thread cannot keep up (a pipe that nobody reads), and where
writing fails (a full disk, a reader that has gone). As soon as writing is possible the log says how many were lost.

Leaves to others: what is worth a line. The last words of a command that fails or crashes are printed as ever.

The traps: a thread, and not writes that do not block, because O_NONBLOCK would hold for every process that shares the
file. A value may be anything, and longer than a line: it is turned into bounded text here, before it is rendered, so
that a line of JSON stays one. What a stranger sends must not look like a line of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import math
import os
import queue
import select
import sys
import threading
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Final

import structlog

from outlay.kit.characters import plain
from outlay.process.settings import Settings
from outlay.running.log import get_log

STANDARD_ERROR: Final = 2
MOST_WAITING: Final = 1_000
"""Lines in the queue; together with LONGEST_LINE the most memory that it takes."""
LONGEST_LINE: Final = 16_384
"""Bytes. What is longer has its values cut until it fits."""
CUTS: Final = (8_000, 2_000, 400, 40)
"""Characters that a value may have, at the first try and at each further one."""
TELL_EVERY_S: Final = 1.0
SMALLEST_BURST: Final = 10
KEPT_FOR_ERRORS: Final = 0.25
"""Of a burst: nobody can hide an error behind a flood of refusals."""
LAST_LINES_S: Final = 0.5
"""What a process that ends waits for its last lines to be written."""
TOLD_BY_WHO_ASKS: Final = ("asyncpg",)
"""Libraries whose troubles are told by whoever uses them: they would add a traceback to each try."""

_ERRORS: Final = frozenset({"error", "exception", "critical", "fatal"})
_IS_SHORT: Final = 1 << 64
Event = MutableMapping[str, Any]


class Budget:
    """So many lines a second; after a quiet time a second's worth at once."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._most = float(max(rate, SMALLEST_BURST))
        self._kept = self._most * KEPT_FOR_ERRORS
        self._left = self._most
        self._clock = clock
        self._at = clock()

    def take(self, is_error: bool) -> bool:
        """Whether there is room for one more line."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < (1.0 if is_error else 1.0 + self._kept):
            return False
        self._left -= 1.0
        return True


class LogSink:
    """Takes lines from any thread. Nothing here raises; only `close` waits, and not for long. `tell_lost` makes the
    line that says how many were lost."""

    def __init__(self, descriptor: int, rate: int, tell_lost: Callable[[int], bytes]) -> None:
        self._descriptor = descriptor
        self._budget = Budget(rate)
        self._tell_lost = tell_lost
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.RLock()  # a destructor may log in the middle of it
        self._lost = 0
        self._torn = False
        self._writer: threading.Thread | None = None
        self._is_closed = False

    def admits(self, is_error: bool) -> bool:
        """Whether a line may be made now; asked first, because a line costs more than this question."""
        with self._lock:
            if self._lines.qsize() < MOST_WAITING and self._budget.take(is_error):
                return True
            self._lost += 1
            return False

    def put(self, line: bytes) -> None:
        if self._is_closed:
            return  # a thread that is started while Python ends never runs, and its starter waits for it
        if self._writer is None:
            self._start()
        self._lines.put(line)

    def close(self, within_s: float = LAST_LINES_S) -> None:
        """Write what waits, if that can be done in this time. Later lines go nowhere."""
        self._is_closed = True
        if self._writer is not None:
            self._lines.put(None)
            self._writer.join(within_s)

    def _start(self) -> None:
        with self._lock:
            if self._writer is None:
                writer = threading.Thread(target=self._write_all, name="outlay-log", daemon=True)
                with contextlib.suppress(RuntimeError):  # no more threads just now: the next line tries again
                    writer.start()
                    self._writer = writer

    def _write_all(self) -> None:
        told_at = -math.inf
        line: bytes | None = b""
        while line is not None:
            with contextlib.suppress(queue.Empty):
                line = b""
                line = self._lines.get(timeout=TELL_EVERY_S)
            if line and not self._write(line):
                with self._lock:
                    self._lost += 1
            if self._lost and (line is None or time.monotonic() - told_at >= TELL_EVERY_S):
                told_at = time.monotonic()
                self._say_lost()

    def _say_lost(self) -> None:
        lost = self._lost
        if self._write(self._tell_lost(lost)):
            with self._lock:
                self._lost -= lost

    def _write(self, line: bytes) -> bool:
        rest = b"\n" + line if self._torn else line
        try:
            while rest:
                rest = rest[self._write_some(rest) :]
                self._torn = bool(rest)
        except OSError:
            return False
        return True

    def _write_some(self, line: bytes) -> int:
        try:
            return os.write(self._descriptor, line)
        except BlockingIOError:  # somebody who shares the file has made it so
            select.select([], [self._descriptor], [])
            return 0


class LineForm:
    """Makes one line of an event, whatever is in it: a processor for structlog, its last."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._render: Callable[[Any, str, Event], str | bytes] = (
            structlog.processors.JSONRenderer()
            if as_json
            else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        )
        self._stamp = structlog.processors.TimeStamper(fmt="iso")

    def __call__(self, logger: Any, level: str, event: Event) -> bytes:
        try:
            structlog.processors.add_log_level(logger, level, event)
            self._stamp(logger, level, event)
            _put_exception(event)
            for longest in CUTS:
                line = self._line(level, event, longest)
                if len(line) <= LONGEST_LINE:
                    return line
        except Exception:  # noqa: S110  (there is nowhere left to say it)
            pass
        return self._line(level, {"event": "a log line that cannot be shown", "level": level}, 100)

    def _line(self, level: str, event: Event, longest: int) -> bytes:
        shown = {name: self._shown(name, value, longest) for name, value in event.items()}
        line = self._render(None, level, shown)
        return (line if isinstance(line, bytes) else line.encode("utf-8", "backslashreplace")) + b"\n"

    def _shown(self, name: str, value: object, longest: int) -> object:
        if value is None or (isinstance(value, int | float) and abs(value) < _IS_SHORT):
            return value
        text = _cut(_text(value), longest)
        if self._as_json or text.isprintable():
            return text
        return "\n".join(map(plain, text.split("\n"))) if name == "exception" else plain(text)


def _put_exception(event: Event) -> None:
    try:
        structlog.processors.format_exc_info(None, "", event)
    except Exception:
        event["exception"] = "an exception that cannot be shown"


def _text(value: object) -> str:
    try:
        return str(value) if isinstance(value, str) else repr(value)
    except Exception:
        return f"a {type(value).__name__} that cannot be shown"


def _cut(text: str, longest: int) -> str:
    """The beginning and the end: of a traceback both matter most."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} … {len(text) - 2 * half} characters left out … {text[-half:]}"


class _Lines:
    """What structlog hands finished lines to, by the name of their level."""

    def __init__(self, sink: LogSink) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = self.msg = sink.put


class _FromLibraries(logging.Handler):
    """What libraries have to say, in the same form and within the same bounds."""

    def emit(self, record: logging.LogRecord) -> None:
        log = get_log(record.name)
        tell = log.error if record.levelno >= logging.ERROR else log.warning
        try:
            message = record.getMessage()
        except Exception:
            message = _text(record.msg)
        tell(message, exc_info=record.exc_info)


def configure_logging(settings: Settings) -> None:
    """Log lines go to standard error, so that standard output stays for answers; what libraries and Python's warnings
    say goes with them."""
    form = LineForm(settings.log == "json")
    sink = LogSink(
        STANDARD_ERROR,
        settings.log_rate,
        lambda lost: form(None, "warning", {"event": "log lines were lost", "lines": lost}),
    )

    def admit(_logger: Any, level: str, event: Event) -> Event:
        if not sink.admits(level in _ERRORS):
            raise structlog.DropEvent
        return event

    structlog.configure(
        processors=[admit, form],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if settings.log == "quiet" else logging.INFO
        ),
        logger_factory=lambda *_: _Lines(sink),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_FromLibraries()], level=logging.WARNING)
    for library in TOLD_BY_WHO_ASKS:
        logging.getLogger(library).setLevel(logging.CRITICAL)
    logging.captureWarnings(True)
    sys.unraisablehook = _tell_ignored
    atexit.register(sink.close)


def _tell_ignored(ignored: sys.UnraisableHookArgs) -> None:
    """What a destructor or a callback from C raised, which Python would print by itself."""
    where = _text(ignored.object)
    raised = (ignored.exc_type, ignored.exc_value, ignored.exc_traceback)
    get_log("python").error(ignored.err_msg or "exception ignored", where=where, exc_info=raised)
