"""What a benchmark takes from the package, whichever tree it runs in: where it stands now, and where it stood in trees
that may be measured beside this one. A function that moves gets its old place here.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def found(*places: str) -> Any:
    """The first of these, as `module:name`, that this tree has. Raises ImportError."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"this tree has none of {', '.join(places)}")


all_dialects = found("outlay.dialects:all_dialects", "outlay.registry:all_dialects")
open_runtime = found("outlay.process.run:open_runtime", "outlay.bootstrap:open_runtime")
open_account = found("outlay.service.operator.accounts:open_account", "outlay.service.manage_accounts:open_account")
fund_account = found("outlay.service.operator.fund_account:fund_account", "outlay.service.fund_account:fund_account")
SampleMoment = found("outlay.wire.samples:SampleMoment", "outlay.wire.samples:Moment")
issue_credential = found(
    "outlay.service.operator.credentials:issue_credential", "outlay.service.credentials:issue_credential"
)
