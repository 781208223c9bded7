"""What the blocks to paste, of the README or of docs/examples, show of this API."""

from __future__ import annotations

import json
from collections.abc import Sequence

KEYS = {"teemopay.json", "teemopay.pem"}


def shows(printed: Sequence[str]) -> None:
    (said,) = printed
    created, settled = (json.loads(line) for line in said.splitlines() if line.startswith("{"))
    assert created["code"] == settled["code"] == 200
    assert (settled["data"]["status"], settled["data"]["serviceAmount"]) == (2, "20.01")
