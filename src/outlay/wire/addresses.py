"""Addresses that a notice can be sent to: judged by form, at the door, so that nobody waits for a notice that cannot
be sent. Which networks may be called is asked when one is called.

The trap: `urlsplit` takes nearly everything. It drops line feeds, and checks neither labels nor most ports; so what is
left to it is only where the parts begin, in a text whose characters were looked at first.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import urlsplit

NOTICE_ADDRESS_RULE: Final = (
    "must be an http or https URL in ASCII (a host of other letters as xn--...), without a name or password in it"
)
_CHARACTERS: Final = re.compile(r"[!-~]+")
_HOST_AND_PORT: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(?P<port>:[0-9]*)?")
_LABEL: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?")
_NUMERIC: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LONGEST_HOST: Final = 253  # RFC 1035
_LARGEST_PORT: Final = 65_535


def is_notice_address(text: str) -> bool:
    """Whether `text` is such an address: http or https in any case; a host name, an IPv4 address or an IPv6 address in
    brackets; where there is a port, one from 1 to 65535. Its length is each API's own affair."""
    if not _CHARACTERS.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    place = _HOST_AND_PORT.fullmatch(parts.netloc)
    if parts.scheme not in ("http", "https") or place is None:
        return False
    return _is_host(place["host"]) and (place["port"] is None or _is_port(place["port"][1:]))


def _is_port(text: str) -> bool:
    return len(text) <= 5 and text != "" and 1 <= int(text) <= _LARGEST_PORT


def _is_host(text: str) -> bool:
    try:
        if text.startswith("["):
            IPv6Address(text[1:-1])  # the first releases of Python 3.11 take anything in brackets
            return True
        labels = text.removesuffix(".").split(".")
        if _NUMERIC.fullmatch(labels[-1]):  # as browsers have it: such a host can only be an IPv4 address
            IPv4Address(text)
            return True
    except AddressValueError:
        return False
    return len(text) <= _LONGEST_HOST and all(map(_LABEL.fullmatch, labels))


class _NoticeAddress:
    """The rule where a form is expected: see `fields.Form`."""

    def fullmatch(self, text: str, /) -> bool:
        return is_notice_address(text)


NOTICE_ADDRESS: Final = _NoticeAddress()
