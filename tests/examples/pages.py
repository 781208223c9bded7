"""The three pages that Outlay began with: the request that each prints, and its answers, read from the page's text.

`pages/` holds the lines of each page that show a request or an answer, as printed, with the page's address on top.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

PAGES = Path(__file__).resolve().parent / "pages"


class Printed(msgspec.Struct, frozen=True):
    """`headers`: a value is "" where the page prints a name only."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    answers: list[Any]


def page(name: str) -> str:
    return (PAGES / f"{name}.txt").read_text("utf-8")


def documents(text: str) -> list[Any]:
    """Every JSON document that begins a line."""
    found = []
    at = 0
    while (start := text.find("\n{", at)) >= 0:
        try:
            document, at = json.JSONDecoder().raw_decode(text, start + 1)
        except json.JSONDecodeError:
            at = start + 2
        else:
            found.append(document)
    return found


def from_curl(text: str) -> Printed:
    """A page that prints its request as a curl command; the answers follow it."""
    before, _, command = text.partition("\ncurl ")
    lines, rest = _command_and_rest(command)
    words = iter(shlex.split(lines.replace("\\\n", " ")))
    method, url, headers, body = "GET", "", {}, msgspec.UNSET
    for word in words:
        match word:
            case "--request":
                method = next(words)
            case "--header":
                name, value = _header(next(words))
                headers[name] = value
            case "--data-raw":
                body = json.loads(next(words))
            case "--url":
                url = next(words)
            case _:
                url = word if word.startswith("https://") else url
    printed_first = documents(before)
    assert body is msgspec.UNSET or printed_first == [body], "the page prints one request in two ways"
    return Printed(method, urlsplit(url).path, headers, body, documents(rest))


def _command_and_rest(command: str) -> tuple[str, str]:
    """A command ends where no line goes on: by a backslash, or by a quotation that is still open."""
    lines = command.split("\n")
    for number in range(1, len(lines) + 1):
        taken = "\n".join(lines[:number])
        if not taken.endswith("\\") and taken.count("'") % 2 == 0:
            return taken, "\n" + "\n".join(lines[number:])
    raise AssertionError("the command has no end")


def _header(printed: str) -> tuple[str, str]:
    """`name;` is curl's way to send a header without a value."""
    name, colon, value = printed.partition(":")
    return (name, value.strip()) if colon else (printed.removesuffix(";"), "")


def from_tables(text: str) -> Printed:
    """A page that prints method and path in a table, headers in another, then the request and the answers. Its text has
    lost the lines between the cells."""
    [line] = [line for line in text.splitlines() if line.startswith("POST/")]
    _, _, table = text.partition("Header ParameterDescription\n")
    rows = table.partition("\n\n")[0].splitlines()
    known = ("timestamp", "nonce", "country", "app_code")
    names = [next(name for name in known if row.startswith(name)) for row in rows]
    body, *answers = documents(text)
    return Printed("POST", line.removeprefix("POST"), dict.fromkeys(names, ""), body, answers)
