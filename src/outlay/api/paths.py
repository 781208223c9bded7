"""A path's segments: taken apart before anything in them is decoded, each decoded once.

The trap: decoded as a whole first, an escaped slash becomes a border between segments, and a path that no route has
looks like one that is served. What stands before the server (a proxy's rules, a log's filter) saw the other.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

_STAY: Final = str.maketrans({"%": "%25", "/": "%2F"})


def routed(raw: str) -> str:
    """The path with each segment decoded, but for a slash or a percent sign within one: these stay escaped, so that
    splitting it by slashes gives the segments that were sent. An escape that is none stands for itself; bytes that are
    no UTF-8 become U+FFFD, which no route and no id has."""
    return "/".join(unquote(segment).translate(_STAY) for segment in raw.split("/"))


def part_of(segment: str) -> str:
    """What a segment of a routed path says."""
    return unquote(segment) if "%" in segment else segment
