"""Signs a request as the merchant would, and sends it: by signers in the folders of the APIs, which know nothing of
Outlay's.

The trap: these requests are no part of what docs/coverage-*.md claim to have seen, so they pass by its recorder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.apis.found import part_of
from tests.e2e.raw_http import Answer, Call, exchange
from tests.fuzz.drafts import Draft

Signed = tuple[Mapping[str, str | bytes], bytes]
"""The headers that prove a request, and its body."""


class Keys(msgspec.Struct, frozen=True):
    """What signs for one name in `Draft.who`: what the credential showed, and what came of it."""

    shown: Mapping[str, str]
    key_file: Path | None = None
    token: str = ""


def api_of(who: str) -> str:
    """The name of an API, and whatever else tells one key from another."""
    return who.partition(" ")[0]


def signed(draft: Draft, keys: Keys) -> Call:
    """A fresh call each time: a nonce and a time are used once."""
    proof, body = part_of(api_of(draft.who), "shapes").ATTACK.sign(draft, keys)
    headers = dict(draft.headers) | dict(proof)
    if draft.content_type is not None:
        headers["content-type"] = draft.content_type
    return Call(draft.method, draft.target(), headers, body)


def send(base_url: str, call: Call) -> Answer:
    return exchange(base_url, call.raw(), call.method)
