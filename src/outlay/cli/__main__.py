"""`python -m outlay.cli`: the same as the `outlay` command."""

import gc

gc.disable()  # nothing that is being imported is garbage; `run` turns it on

from outlay.cli.main import run  # noqa: E402

run()
