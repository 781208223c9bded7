"""Where bad requests are played: a merchant that has ordered in every API, and somebody who looks at everything.

A bad request must get the documented error in the documented shape, change nothing that is stored, and leave a line in
the log that says what happened and repeats nothing that was sent. `Scene.refuse` demands all of that of every one.

The trap: a request that is refused for another reason than the one rehearsed proves nothing. So bad requests are good
ones with one fault, and `GOOD` are the good ones, seen to be accepted before the first bad one goes out.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from outlay.dialects import all_dialects
from outlay.wire.sizes import NO_BODY
from tests.apis.contract import Making, Said
from tests.apis.found import all_names, documented_of
from tests.apis.software import new_reference
from tests.e2e.limits import is_at
from tests.e2e.merchants import of_each_currency, open_merchant
from tests.e2e.observer import Observer, Stored, wait_for
from tests.e2e.raw_http import Answer, Call, send
from tests.e2e.server import Server

LOG_FIELDS = {"api", "path", "status", "code", "message", "account", "event", "level", "timestamp"}
WORTH_HIDING = 8
"""Shorter texts turn up by chance."""
UNDER_WAY = """
select (select count(*) from payouts where state = 'reserved' or (state = 'processing' and account_id = '{}'))
    + (select count(*) from bank_messages where due_ms < extract(epoch from now()) * 1000 + 3600000)
"""
"""The bank's stories of hours and days do not move while tests run."""

Refused = Said
"""The documented "no": HTTP status and code, and the text where two faults share a code."""


class Scene:
    """`stored` is all that is stored; no bad request may change it."""

    stored: Stored

    def __init__(self, outlay: Server, observer: Observer, folder: Path) -> None:
        self.outlay = outlay
        self.observer = observer
        funds, fees = of_each_currency("10000.00"), of_each_currency(("5.00", "0.0500"))
        self.merchant = open_merchant(outlay, folder, dialects=all_names(), funds=funds, fees=fees)
        self.stranger = open_merchant(outlay, folder, dialects=all_names())
        recipients = {documented_of(api).recipient for api in all_names()} - {""}
        self.hidden = self.merchant.secrets() | self.stranger.secrets() | recipients
        self.references = {api: new_reference() for api in all_names()}
        self.bodies: dict[str, Any] = {}
        self.answers: dict[str, Answer] = {}
        """To the first order in each API, under the reference."""
        self._calls: dict[str, Mapping[str, Callable[[], Making]]] = {}
        for api in all_names():
            self._order(api)

    def _order(self, api: str) -> None:
        documented, speaker = documented_of(api), self.merchant.speaker(api)
        making = documented.create(self.references[api], "10.00")
        answer = send(self.outlay.base_url, speaker.made(making))
        assert documented.is_success(answer), answer
        self.bodies[api], self.answers[api] = making.body, answer
        self._calls[api] = asyncio.run(documented.calls(speaker, answer))

    def call(self, api: str, what: str) -> Call:
        """A good request that does this, by the name that `Documented.calls` has for it."""
        return self.merchant.speaker(api).made(self._calls[api][what]())

    def call_to(self, api: str, method: str, path: str, edit: Callable[[bytes], bytes] | None = None) -> Call:
        """A good one for this route; with another text of its body, which is proved as it goes out."""
        others = {route.path for route in all_dialects()[api].routes} - {path}
        makings = (make() for make in self._calls[api].values())
        [making] = [
            each for each in makings if each.method == method and is_at(path, each.path) and each.path not in others
        ]
        speaker = self.merchant.speaker(api)
        if edit is not None:
            making.sent_as = edit(speaker.made(making).body)
        return speaker.made(making)

    def token_call(self, api: str) -> Call:
        opening = self.merchant.speaker(api).software.opening()
        assert opening is not None
        return opening

    def settle(self) -> None:
        """Wait until nothing moves any more, and remember how it stands."""
        before: Stored = {}

        def stands_still() -> bool:
            nonlocal before
            before, last = self.everything(), before
            return before == last

        under_way = UNDER_WAY.format(self.merchant.account_id)
        wait_for(lambda: self.observer.rows(under_way)[0][0] == 0)
        wait_for(stands_still)
        self.stored = before

    def everything(self) -> Stored:
        return self.observer.everything([self.merchant.account_id, self.stranger.account_id])

    def changes(self) -> Stored:
        """What is stored otherwise than it was; table → rows now."""
        return {name: now for name, now in self.everything().items() if now != self.stored[name]}

    def refuse(self, api: str, call: Call, refused: Refused) -> Answer:
        """Send a bad request and see everything that must be true of it."""
        size = self.observer.log_size()
        answer = send(self.outlay.base_url, call)
        assert answer.status == refused.status, answer
        code, text = documented_of(api).read_error(answer)
        assert code == refused.code, answer
        assert refused.text in (None, text), answer
        assert not (changes := self.changes()), changes
        self._check_log(size, api, refused, hidden := self.hidden | hidden_in(api, call))
        assert not [secret for secret in hidden if secret in answer.body.decode()]
        return answer

    def _check_log(self, size: int, api: str, refused: Refused, hidden: set[str]) -> None:
        said = self.observer.log_since(size)
        lines = [json.loads(line) for line in said.splitlines()]
        named = refused.code[1] if isinstance(refused.code, tuple) else refused.code
        [line] = [line for line in lines if line["event"] == "request refused"]
        assert set(line) == LOG_FIELDS
        assert (line["api"], line["status"], line["level"]) == (api, refused.status, "info")
        assert line["code"] == ("gateway" if isinstance(named, str) and " " in named else named)
        assert not [secret for secret in hidden if secret in said]


def hidden_in(api: str, call: Call) -> set[str]:
    """What this request proves itself with, whether it is right or wrong."""
    named = {name.lower(): value for name, value in call.headers.items()}
    proofs = [named.get(name, b"") for name in documented_of(api).hidden]
    for name in documented_of(api).hidden:
        proofs += re.findall(rf'"{name}"\s*:\s*"([^"]+)"'.encode(), call.body)
    texts = [proof.decode("latin-1") if isinstance(proof, bytes) else proof for proof in proofs]
    return {text for text in (text.removeprefix("Bearer ") for text in texts) if len(text) >= WORTH_HIDING}


# -- good requests --------------------------------------------------------------------------------------------------


class Good(msgspec.Struct, frozen=True):
    """An endpoint that is served; called, it gives a request that it accepts. `reads`: its body."""

    api: str
    method: str
    path: str
    reads: bool
    opens: bool

    def __call__(self, scene: Scene) -> Call:
        return scene.token_call(self.api) if self.opens else scene.call_to(self.api, self.method, self.path)


GOOD: Mapping[str, Good] = {
    f"{api} {route.method} {route.path}": Good(
        api, route.method, route.path, route.longest_body != NO_BODY, bool(route.opens)
    )
    for api, dialect in all_dialects().items()
    for route in dialect.routes
}


def is_accepted(api: str, answer: Answer) -> bool:
    return documented_of(api).is_success(answer)
