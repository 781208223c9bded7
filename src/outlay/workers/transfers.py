"""Completes transfers that were left half-way: whoever ordered them is gone, and the money has left the giver.

Leaves to others: how a transfer is completed, and which of them are left (service.merchant.transfers).

The trap: whoever ordered a transfer may be completing it at the same time. That does no harm: it is given once.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from outlay.running.recurring import Chore, Recurring
from outlay.service.merchant.transfers import finish_transfers
from outlay.service.runtime import Runtime

INTERVAL_S: Final = 2.0


def finishing_of_transfers(runtime: Runtime) -> Recurring:
    return Chore("transfers", INTERVAL_S, partial(finish_transfers, runtime))
