"""Standard output and standard error as things that cannot fail.

Whatever is printed by whomever, libraries and the reader of options too, goes through here. A letter that the terminal
lacks is shown by its number. What cannot be written is dropped, and from then on everything: no text with a hole in it.
Why it was dropped is asked for afterwards: `fault`. Only `deliver` raises, for what must not be lost.

Leaves to others: how things look (cli.output), and log lines, which go their own way (log_sink).

The traps: a stream that was closed before we began (`>&-`) leaves its number to the next file or connection, and what
is printed would go there. Python keeps what it could not write and tries again when it ends, loudly; so nothing is kept
here. And a text may hold what a terminal obeys: only what comes by way of `styled` may.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import select
import stat
import sys
from typing import Final, TextIO, cast

from outlay.kit.characters import plain
from outlay.kit.for_people import ForPeople

STANDARD_OUTPUT: Final = 1
STANDARD_ERROR: Final = 2
_ENCODING: Final = "utf-8"
"""Of a stream of which Python does not say it."""
_LINES: Final = re.compile("([\n\t])")
"""What a library may form its text with: fish wants a tab between a word and its help."""


class OutputLost(ForPeople):
    """What was to be shown did not get out; the message says why."""


class Stream:
    """One of the two. `is_closed`: it was closed when we began, so that nobody wants to read it."""

    def __init__(self, descriptor: int, name: str) -> None:
        self.descriptor = descriptor
        self._name = name
        self.encoding = _ENCODING
        self.plain: Final = cast(TextIO, _View(self, is_plain=True))
        """For whoever prints: what a terminal would obey is shown by its number."""
        self.styled: Final = cast(TextIO, _View(self, is_plain=False))
        """For a console that makes colours and progress bars, and of no text from outside."""
        self.begin(is_closed=False)

    def begin(self, *, is_closed: bool) -> None:
        self.is_closed = is_closed
        self._lost: OSError | None = None
        self._is_told = False

    def put(self, text: str) -> None:
        """Write all of it now, as it is. Never raises OSError."""
        if self.is_closed or self._lost is not None:
            return
        rest = memoryview(text.encode(self.encoding, "backslashreplace"))
        try:
            while rest:
                rest = rest[self._put_some(rest) :]
        except OSError as error:
            self._lost = error

    def deliver(self, text: str) -> None:
        """Write what must not be lost: it is out, and where that is a file on its disk, when this returns. Raises
        OutputLost where any of it, or anything before it, is not."""
        self.put(text)
        try:
            if stat.S_ISREG(os.fstat(self.descriptor).st_mode):
                os.fsync(self.descriptor)
        except OSError as error:
            self._lost = self._lost or error
        if self.is_closed:
            raise OutputLost(f"{self._name} is closed")
        if self._lost is not None:
            self._is_told = True
            raise OutputLost(f"{self._name} cannot be written: {self._lost.strerror}")

    @property
    def has_every_letter(self) -> bool:
        return codecs.lookup(self.encoding).name.startswith("utf")

    def in_its_letters(self, text: str) -> str:
        """`text` as it will be seen here: each letter that is lacking by its number."""
        if text.isascii() or self.has_every_letter:
            return text
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    @property
    def reader_has_gone(self) -> bool:
        """Whether it is a pipe that was found without a reader."""
        return self._lost is not None and self._lost.errno == errno.EPIPE

    def fault(self) -> str | None:
        """What is to be told of text that was lost, told once. None where nothing was, and where nobody wanted to read
        it: a closed stream, a pipe whose reader has gone."""
        if self._lost is None or self._is_told or self.reader_has_gone:
            return None
        self._is_told = True
        return f"{self._name} cannot be written: {self._lost.strerror}"

    def _put_some(self, rest: memoryview) -> int:
        try:
            return os.write(self.descriptor, rest)
        except BlockingIOError:  # somebody who shares the file has made it so
            select.select([], [self.descriptor], [])
            return 0


class _View(io.TextIOBase):
    """What Python and libraries take for a text file. It has no buffer, so nobody can write past it."""

    def __init__(self, stream: Stream, *, is_plain: bool) -> None:
        self._stream = stream
        self._is_plain = is_plain

    def write(self, text: str) -> int:
        self._stream.put("".join(map(_plain, _LINES.split(text))) if self._is_plain else text)
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return os.isatty(self._stream.descriptor)

    def fileno(self) -> int:
        return self._stream.descriptor

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str:  # type: ignore[override]
        return "backslashreplace"


def _plain(piece: str) -> str:
    return piece if piece in {"\n", "\t"} else plain(piece)


stdout = Stream(STANDARD_OUTPUT, "standard output")
stderr = Stream(STANDARD_ERROR, "standard error")


def take_over() -> None:
    """From now on all that this process prints goes through here. Before anything else: a closed stream is filled."""
    closed = _fill_closed()
    for stream, before in ((stdout, sys.stdout), (stderr, sys.stderr)):
        stream.begin(is_closed=stream.descriptor in closed)
        stream.encoding = getattr(before, "encoding", None) or _ENCODING
    sys.stdout, sys.stderr = stdout.plain, stderr.plain


def deliver(text: str) -> None:
    """Write a result to standard output that must not be lost. Raises OutputLost."""
    stdout.deliver(text)


def _fill_closed() -> frozenset[int]:
    """The numbers that were closed."""
    closed = set()
    for number in (0, STANDARD_OUTPUT, STANDARD_ERROR):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number: this one
            closed.add(number)
    return frozenset(closed)
