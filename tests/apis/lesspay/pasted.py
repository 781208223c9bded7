"""What the blocks to paste, of the README or of docs/examples, show of this API."""

from __future__ import annotations

import json
from collections.abc import Sequence

KEYS = {"lesspay.json"}


def shows(printed: Sequence[str]) -> None:
    (said,) = printed
    created, settled = (json.loads(line) for line in said.splitlines() if line.startswith("{"))
    assert created["code"] == settled["code"] == 0
    assert settled["data"]["order_status"] == "SUCCEED"
