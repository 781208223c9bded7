"""Which of the merchants' own bank accounts the sandbox bank finds valid, so that an invalid one can be rehearsed.

Pure: the number decides. What an invalid one is good for, and what is kept of it, is the service's."""

from __future__ import annotations

from typing import Final

from outlay.core.bank_account import BankAccountDetails

INVALID_ENDING: Final = "0000"
"""Account numbers that end in it are invalid."""


def finds_valid(details: BankAccountDetails) -> bool:
    return not details.account_number.endswith(INVALID_ENDING)
