"""What the same machine does without Outlay: pgbench on the same server, and a bare Starlette route."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from outlay.postgres.binaries import find_binaries
from tests.bench.load import CONNECTIONS

# The create of Outlay, one payout at a time: seven statements and their frame.
CREATE_SCRIPT = """
\\set account random(1, {accounts})
\\set reference random(1, 9000000000000000000)
begin;
select minor from balances where account_id = md5('bench' || :account)::uuid and currency = 'BRL'
    and book = 'available' for update;
insert into claims values (md5('bench' || :account)::uuid, :reference::text, 'bench', sha256('x'), :reference, 0);
insert into payouts (account_id, payout_id, reference, currency, amount_minor, fee_minor, fee_fixed_minor,
    fee_rate_ppm, beneficiary, remarks, rail, created_ms, state, review, fact_count)
    values (md5('bench' || :account)::uuid, :reference, :reference::text, 'BRL', 100, 0, 0, 0, '{{}}', '{{}}',
    'sandbox', 0, 'in_review', 'pending', 1);
insert into facts values (md5('bench' || :account)::uuid, :reference, 1, 'ordered', 0, '{{}}');
insert into postings values (md5('bench' || :account)::uuid, :reference, 1, 1, 'available', 'held', 'BRL', 100, 0);
update balances set minor = minor - 100 where account_id = md5('bench' || :account)::uuid and currency = 'BRL'
    and book = 'available';
update balances set minor = minor + 100 where account_id = md5('bench' || :account)::uuid and currency = 'BRL'
    and book = 'held';
commit;
"""

READ_SCRIPT = """
\\set number random(1, {payouts})
select * from payouts where account_id = md5('bench')::uuid and payout_id = :number;
"""

SETUP = """
insert into balances select md5('bench' || n)::uuid, 'BRL', book, 1000000000000000
    from generate_series(1, 100) n, (values ('available'), ('held')) b(book) on conflict do nothing;
insert into payouts (account_id, payout_id, reference, currency, amount_minor, fee_minor, fee_fixed_minor, fee_rate_ppm,
    beneficiary, remarks, rail, created_ms, state, review, fact_count)
    select md5('bench')::uuid, n, n::text, 'BRL', 100, 0, 0, 0, '{}', '{}', 'sandbox', 0, 'in_review', 'pending', 1
    from generate_series(1, 10000) n on conflict do nothing;
"""


class Pgbench:
    """Runs scripts on the server behind `url` with the pgbench that comes with it."""

    def __init__(self, url: str) -> None:
        self._binary = Path(find_binaries().postgres).with_name("pgbench")
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self._environment = os.environ | {
            "PGHOST": query["host"][0] if "host" in query else parts.hostname or "",
            "PGUSER": unquote(parts.username or ""),
            "PGPASSWORD": unquote(parts.password or ""),
            "PGDATABASE": parts.path.lstrip("/"),
        }

    async def run(self, script: str, seconds: int) -> float:
        """Transactions per second."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script.strip())
            file.flush()
            process = await asyncio.create_subprocess_exec(
                str(self._binary), "-n", "-M", "prepared", "-c", str(CONNECTIONS // 4), "-j", "2",
                "-T", str(seconds), "-f", file.name,
                env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            output, errors = await process.communicate()
        found = re.search(rb"tps = ([0-9.]+)", output)
        if process.returncode != 0 or found is None:
            raise RuntimeError(f"pgbench failed: {errors.decode()[-400:]}")
        return float(found.group(1))


STARLETTE = """
import asyncio, socket, sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def hello(request):
    await request.body()
    return JSONResponse({"hello": "outlay"})

app = Starlette(routes=[Route("/hello", hello, methods=["POST"])])
listener = socket.socket(fileno=int(sys.argv[1]))
config = uvicorn.Config(app, log_level="error", http="httptools", loop="uvloop", lifespan="off", access_log=False)
asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
"""


@contextmanager
def bare_starlette() -> Iterator[str]:
    """The base URL of a Starlette application with one route."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    process = subprocess.Popen([sys.executable, "-c", STARLETTE, str(listener.fileno())], pass_fds=(listener.fileno(),))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        process.terminate()
        process.wait(10)
        listener.close()
