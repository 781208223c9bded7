"""What the blocks to paste, of the README or of docs/examples, show of this API."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

KEYS = {"uqpay.json"}


def shows(printed: Sequence[str]) -> None:
    by_hand, by_their_client = printed
    (settled,) = (json.loads(line) for line in by_hand.splitlines() if line.startswith("{"))
    assert (settled["payout_status"], settled["payout_amount"]) == ("COMPLETED", "100.00")
    assert re.fullmatch(r"PO\d+ COMPLETED", by_their_client.strip())
