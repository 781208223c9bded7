"""The import rules of pyproject.toml bite: a wrong import planted in a copy of the sources is found, for every rule.

A rule that names a room which has moved away, or that is written a little too wide, passes for ever without checking
anything. So every rule is shown to fail once, for the very import that only it forbids.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]

# By the contract's id: the file, and the import that has no place in it.
WRONG: Mapping[str, list[tuple[str, str]]] = {
    "rooms": [
        ("kit/secret.py", "import outlay.core.money"),
        ("core/money.py", "import outlay.wire.message"),
        ("wire/message.py", "import outlay.dialects"),
        ("present/values.py", "import outlay.wire.message"),
        ("dialects/__init__.py", "import outlay.running.parts"),
        ("running/parts.py", "import outlay.store.rows"),
        ("postgres/words.py", "import outlay.running.parts"),
        ("store/rows.py", "import outlay.service.runtime"),
        ("service/runtime.py", "import outlay.rails.rail"),
        ("rails/rail.py", "import outlay.workers.loop"),
        ("api/app.py", "import outlay.workers.loop"),
        ("workers/loop.py", "import outlay.api.app"),
        ("sandbox/stories.py", "import outlay.process.run"),
        ("process/run.py", "import outlay.cli.common"),
    ],
    "inside-the-service": [
        ("service/merchant/claims.py", "import outlay.service.operator.people"),
        ("service/operator/people.py", "import outlay.service.merchant.claims"),
        ("service/engine/move_payout.py", "import outlay.service.operator.people"),
        ("service/runtime.py", "import outlay.service.engine.move_payout"),
    ],
    "inside-the-workers": [
        ("workers/send.py", "import outlay.workers.ask"),
        ("workers/ask.py", "import outlay.workers.send"),
        ("workers/steps.py", "import outlay.workers.send"),
        ("workers/pipeline.py", "import outlay.workers.payouts"),
    ],
    "terminal": [("cli/payout.py", "import outlay.store.rows"), ("cli/serve.py", "import outlay.postgres.connect")],
    "shown-from-values": [("service/operator/payouts.py", "import outlay.present.words")],
    "inside-the-store": [
        ("store/write/clerk.py", "import outlay.store.read.lists"),
        ("store/read/lists.py", "import outlay.store.write.desk"),
        ("store/work.py", "import outlay.store.write.desk"),
        ("store/rows.py", "import outlay.store.read.lists"),
        ("store/arrays.py", "import outlay.store.tables"),
    ],
    "dialects-private": [
        ("cli/fund.py", "import outlay.dialects.uqpay"),
        ("rails/rail.py", "from outlay.dialects.lesspay import DIALECT"),
        ("dialects/__init__.py", "import outlay.dialects.teemopay"),
        ("dialects/lesspay/schema.py", "import outlay.dialects.teemopay.schema"),
    ],
    "sandbox-private": [("cli/payout.py", "import outlay.sandbox.bank")],
    "inside-a-dialect": [
        ("dialects/lesspay/schema.py", "import outlay.dialects.lesspay.codes"),
        ("dialects/teemopay/schema.py", "import outlay.dialects.teemopay.signing"),
        ("dialects/uqpay/schema.py", "import outlay.dialects.uqpay.codes"),
        ("dialects/lesspay/codes.py", "import outlay.dialects.lesspay.signing"),
        ("dialects/teemopay/codes.py", "import outlay.dialects.teemopay.tables.countries"),
        ("dialects/teemopay/tables/countries.py", "import outlay.dialects.teemopay.values.orders"),
        ("dialects/uqpay/signing.py", "import outlay.dialects.uqpay.values.content"),
        ("dialects/uqpay/values/fields.py", "import outlay.dialects.uqpay.envelope"),
        ("dialects/lesspay/values/fields.py", "import outlay.dialects.lesspay.callers"),
        ("dialects/lesspay/envelope.py", "import outlay.dialects.lesspay.callers"),
        ("dialects/teemopay/callers.py", "import outlay.dialects.teemopay.envelope"),
        ("dialects/uqpay/callers.py", "import outlay.dialects.uqpay.inbound.accounts"),
        ("dialects/uqpay/inbound/payouts.py", "import outlay.dialects.uqpay.samples"),
        ("dialects/lesspay/samples.py", "import outlay.dialects.lesspay.inbound"),
    ],
    "pure": [
        ("kit/secret.py", "import random"),
        ("core/money.py", "import os"),
        ("wire/message.py", "import logging"),
        ("present/words.py", "import os"),
        ("dialects/uqpay/schema.py", "import asyncio"),
        ("dialects/teemopay/schema.py", "import socket"),
    ],
    "no-fault-in-a-use-case": [
        ("service/merchant/claims.py", "import outlay.wire.problems"),
        ("store/write/desk.py", "import outlay.wire.message"),
    ],
    "no-call-in-a-transaction": [
        ("service/engine/move_payout.py", "import aiohttp"),
        ("store/rows.py", "import socket"),
    ],
    "one-driver-one-room": [
        ("rails/rail.py", "import asyncpg"),
        ("cli/fund.py", "import sqlalchemy"),
        ("process/run.py", "import alembic"),
    ],
    "web-framework": [("workers/loop.py", "import uvicorn"), ("cli/fund.py", "import starlette.routing")],
    "no-cycles": [("core/facts.py", "import outlay.core.decision")],
}


def dialect_folders() -> list[str]:
    return sorted(file.parent.name for file in (ROOT / "src" / "outlay" / "dialects").glob("*/__init__.py"))


def contracts() -> dict[str, str]:
    """Names by id."""
    found: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    return {contract["id"]: contract["name"] for contract in found}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def lint(copy: Path, *words: str) -> tuple[int, str]:
    """Exit status and what was printed. The copy stands before the installed sources on the path."""
    environment = os.environ | {"PYTHONPATH": str(copy / "src"), "COLUMNS": "250"}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache", *words],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def plant(copy: Path, file: str, line: str) -> None:
    target = copy / "src" / "outlay" / file
    assert target.exists(), f"{file} has gone: plant the import elsewhere"
    with target.open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")


def test_every_rule_has_an_import_that_shows_it_to_bite() -> None:
    assert WRONG.keys() == contracts().keys()


def test_the_sources_as_they_are_keep_every_rule(copy: Path) -> None:
    status, printed = lint(copy)
    assert status == 0, printed
    assert f"Contracts: {len(contracts())} kept, 0 broken." in printed


def named(rule: str, file: str, line: str) -> str:
    """A wrong import as it is told: who imports whom. Of others' packages only their first names are told."""
    importer, imported = (
        "outlay." + file.removesuffix(".py").removesuffix("/__init__").replace("/", "."),
        line.split()[1],
    )
    if rule == "no-cycles":
        return f".{importer.rpartition('.')[2]} -> .{imported.rpartition('.')[2]} "
    is_ours = imported.startswith("outlay.")
    return f"{importer} -> {imported if is_ours else imported.partition('.')[0]} "


@pytest.mark.parametrize("rule", WRONG)
def test_wrong_imports_break_the_rule_that_forbids_them_and_each_is_told(copy: Path, rule: str) -> None:
    for wrong in WRONG[rule]:
        plant(copy, *wrong)
    status, printed = lint(copy, "--contract", rule)
    assert status == 1, printed
    assert f"{contracts()[rule]} BROKEN" in printed
    assert [wrong for wrong in WRONG[rule] if named(rule, *wrong) not in printed] == [], printed


def test_a_room_that_nobody_has_declared_is_found(copy: Path) -> None:
    (copy / "src" / "outlay" / "annex").mkdir()
    (copy / "src" / "outlay" / "annex" / "__init__.py").touch()
    status, printed = lint(copy, "--contract", "rooms")
    assert status == 1
    assert "outlay.annex" in printed


@pytest.mark.parametrize("folder", dialect_folders())
def test_a_file_of_a_dialect_that_has_no_place_among_the_others_is_found(copy: Path, folder: str) -> None:
    (copy / "src" / "outlay" / "dialects" / folder / "annex.py").touch()
    status, printed = lint(copy, "--contract", "inside-a-dialect")
    assert status == 1
    assert f"outlay.dialects.{folder}.annex" in printed


def test_a_file_that_an_api_has_no_use_for_may_be_left_out(copy: Path) -> None:
    shutil.rmtree(copy / "src" / "outlay" / "dialects" / "uqpay" / "tables")
    status, printed = lint(copy, "--contract", "inside-a-dialect")
    assert status == 0, printed
