"""Every documented row of the three APIs' payout sides, as the providers' documents have them.

Notifications (chapter 7 of each document) are not in the tables: Outlay does not send any yet. The signatures have
vectors of their own, which are tested one by one.
"""

from __future__ import annotations

from tests.coverage.documented import lesspay, teemopay, uqpay
from tests.coverage.rows import Api

APIS: tuple[Api, ...] = (lesspay.API, teemopay.API, uqpay.API)
