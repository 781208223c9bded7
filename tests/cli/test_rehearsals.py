"""The rehearsals of docs/sandbox.md are run as they stand there, on a server of their own, and show what they promise.

A promise stands behind a command after an arrow: words that its output must have, commas between them. A look at a
payout is repeated until it has them: a reader who types is slower than the bank, a test is not.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.cli.cli_support import Called, Cli, serving
from tests.support.folders import short_folder

pytestmark = [pytest.mark.slow, pytest.mark.longest]

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROMISE = re.compile(r"\s+# → ")
PATIENCE_S = 20.0


@pytest.fixture
def beside() -> Iterator[Cli]:
    with short_folder() as folder:
        data = folder / "data"
        with serving(data, Cli(data, OUTLAY_SANDBOX_DELAY_MS="50").environment()) as base_url:
            yield Called(data, base_url)


def blocks(document: str) -> list[str]:
    return BLOCK.findall((ROOT / document).read_text("utf-8"))


def shell_of(cli: Cli, account_id: str, shown: Mapping[str, str]) -> str:
    """What stands before every command: the functions of the two documents, and `run`, which gives its words as the
    shell understands them."""
    (readme,) = (block for block in blocks("README.md") if "\nlesspay() {" in block)
    lesspay = re.search(r"^lesspay\(\) \{.*?^\}", readme, re.MULTILINE | re.DOTALL)
    (functions,) = (block for block in blocks("docs/sandbox.md") if block.startswith("order() {"))
    assert lesspay is not None
    return "\n".join(
        [
            "set -eu",
            f"URL={cli.base_url} ACCOUNT={account_id} APP_ID={shown['app_id']} APP_SECRET={shown['app_secret']}",
            "run() { shift; printf '%s\\0' \"$@\"; }",
            lesspay[0],
            functions,
        ]
    )


def keep_looking(command: str, words: list[str], answer: Callable[[str], str]) -> None:
    end = time.monotonic() + PATIENCE_S
    while missing := [word for word in words if word not in (said := answer(command))]:
        assert time.monotonic() < end, f"{command} does not show {missing}, but: {said}"


def test_every_rehearsal_shows_what_it_promises(beside: Cli) -> None:
    cli = beside
    account_id = cli.json("account", "create", "Kopi & Co", "--country", "BR")["account_id"]
    cli("fund", account_id, "10000.00", "BRL", "--reference", "first-deposit")
    shown = cli.json("credential", "create", account_id, "--dialect", "lesspay", "--holder", "Alice")
    before = shell_of(cli, account_id, shown)

    def answer(line: str) -> str:
        if not line.startswith("./run "):
            return " ".join(in_shell(line).split())
        result = cli.try_out(*in_shell(line).split("\0")[:-1])
        assert result.status == 0 or line.rstrip().endswith("|| true"), (line, result)
        return " ".join(f"{result.out} {result.err}".split())

    def in_shell(line: str) -> str:
        script = f"{before}\nexec 2>&1\n{line.replace('./run ', 'run ')}"
        done = subprocess.run(
            ["bash", "-c", script], env=cli.environment(), capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        return done.stdout

    rehearsals = blocks("docs/sandbox.md")[2:]
    assert len(rehearsals) == 7
    promises = 0
    for line in "".join(rehearsals).splitlines():
        command, *promised = PROMISE.split(line)
        if command.startswith(("order ", "batch ", "lesspay ")):
            assert '"code":0,' in answer(command).replace(" ", ""), command
        elif not promised:
            answer(command)
        else:
            promises += 1
            keep_looking(command, promised[0].split(", "), answer)
    assert promises == 20
