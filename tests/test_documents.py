"""The documents say what the code does: every setting, command, refusal, trouble and state is in them, with the values
that it has, and what they point at exists.

The trap: a name somewhere on a page proves little. Settings and refusals are compared row by row, options within the
section of their command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import click
import msgspec
import pytest
import typer

from outlay.api.limits import Bite, FrontLimits
from outlay.cli.main import app
from outlay.core.account import Account
from outlay.core.asks import Greet
from outlay.core.destination import DestinationKind
from outlay.core.fees import FeePlan, fee_of
from outlay.core.payout import Payout
from outlay.core.progress import State
from outlay.core.refusal import Objection, Refusal
from outlay.dialects import all_dialects
from outlay.dialects.lesspay.codes import detail_status
from outlay.dialects.teemopay.codes import status_of as teemopay_status
from outlay.dialects.uqpay.codes import status_of as uqpay_status
from outlay.kit.secret import Secret
from outlay.postgres.words import WORDS
from outlay.present.accounts import account_document
from outlay.process.settings import Settings
from outlay.wire.dialect import AnyDialect, CredentialRequest
from outlay.wire.problems import Fault, Trouble
from tests.support.payees import payee

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FIELDS = {field.name: field for field in msgspec.structs.fields(Settings)}
ON_EVERY_COMMAND = {"--data", "--json", "--help"}
PRIVATE_PLACES = re.compile(r"(?<![\w.])/(work|root|home|Users|mnt)/\w")


def documents() -> list[Path]:
    """Every Markdown file of the repository, but not what tools have left in hidden folders."""
    found = [
        path for path in ROOT.rglob("*.md") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]
    assert len(found) > 5
    return found


def rows(document: str, first_heading: str) -> dict[str, list[str]]:
    """The table with this heading in its first column: the other cells by the first one's text."""
    found: dict[str, list[str]] = {}
    inside = False
    for line in (DOCS / document).read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if cells and cells[0] == first_heading:
            inside = True
        elif not cells:
            inside = False
        elif inside and not cells[0].startswith("--"):
            assert cells[0] not in found, f"twice: {cells[0]}"
            found[cells[0].strip("`")] = cells[1:]
    return found


# Settings


def test_every_setting_is_documented_with_its_variable_and_its_default() -> None:
    documented = rows("settings.md", "setting")
    assert documented.keys() == FIELDS.keys()
    for name, field in FIELDS.items():
        variable, _, default, what = documented[name]
        assert f"`OUTLAY_{name.upper()}`" in variable
        assert default == (f"`{shown(field.default)}`" if field.default is not None else "none"), name
        assert what, name


def test_every_variable_that_the_documents_name_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.__struct_fields__:
        monkeypatch.delenv(f"OUTLAY_{name.upper()}", raising=False)
    known = {f"OUTLAY_{name.upper()}" for name in Settings.__struct_fields__}
    for document in documents():
        named = set(re.findall(r"\bOUTLAY_[A-Z_]+\b", document.read_text("utf-8")))
        assert named <= known, document
    for variable in ("DATABASE_URL", "OUTLAY_DATABASE_URL"):
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.delenv("OUTLAY_DATABASE_URL", raising=False)
        monkeypatch.setenv(variable, "postgresql://a@b/c")
        assert Settings.read().database_url is not None


def test_every_flag_of_a_setting_is_documented_beside_it() -> None:
    flags = {name: cells[1].strip("`") for name, cells in rows("settings.md", "setting").items() if cells[1]}
    options = {path: set(long_options(command)) for path, command in commands()}
    for name, flag in flags.items():
        command, _, option = flag.rpartition(" ")
        assert option == f"--{name}"
        assert option in options[f"outlay {command}" if command else "outlay serve"]
    of_serve = options["outlay serve"] - {"--json", "--with-parent"}  # these two change how one run behaves, no setting
    assert {f"--{name}" for name in flags} == of_serve


def test_every_word_of_a_database_url_stands_beside_what_becomes_of_it() -> None:
    documented = [set(re.findall(r"\w+", row)) for row in rows("settings.md", "words")]
    uses: dict[str, set[str]] = {}
    for name, word in WORDS.items():
        uses.setdefault("driver" if word.use == "file" else word.use, set()).add(name)
    assert documented == list(uses.values())


# What a stranger may use up


def test_every_limit_is_a_setting_and_stands_in_the_page_for_operators_with_its_count() -> None:
    limits = rows("operations.md", "limit")
    assert tuple(limits) == tuple(name for name in limits if name in Settings.__struct_fields__)
    assert limits.keys() == set(FrontLimits.__struct_fields__)
    for name, default in zip(FrontLimits.__struct_fields__, FrontLimits.__struct_defaults__, strict=True):
        assert FIELDS[name].default == default, name
    counts = rows("operations.md", "count")
    assert counts.keys() == {bite.value for bite in Bite}
    assert {cells[-1].strip("`") for cells in limits.values()} - {""} <= counts.keys()


def shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


# The command line


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that people may use, by its full name."""

    def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        children: Mapping[str, click.Command] = getattr(command, "commands", {})
        if not children:
            yield name, command
        for child_name, child in children.items():
            if not child.hidden:
                yield from walk(f"{name} {child_name}", child)

    yield from walk("outlay", typer.main.get_command(app))


def long_options(command: click.Command) -> list[str]:
    return [name for given in command.params for name in given.opts if name.startswith("--")]


def sections() -> list[str]:
    """docs/cli.md, cut at its headings."""
    return re.split(r"^#{2,4} ", (DOCS / "cli.md").read_text("utf-8"), flags=re.MULTILINE)


def is_about(section: str, path: str) -> bool:
    """A section is about the command in its heading, or about those that begin the rows of its table."""
    return re.search(rf"(\A|^\| )`{path}(?=[ `])", section, re.MULTILINE) is not None


def test_every_command_has_one_section_that_names_all_its_options_and_arguments() -> None:
    for path, command in commands():
        about = [section for section in sections() if is_about(section, path)]
        assert len(about) == 1, f"{path} has {len(about)} sections in docs/cli.md"
        for option in set(long_options(command)) - ON_EVERY_COMMAND:
            assert option in about[0], f"{path} {option}"
        for argument in command.params:
            if argument.param_type_name == "argument":
                assert any(name in about[0] for name in str(argument.metavar).split("|")), f"{path} {argument.metavar}"


def test_no_section_is_about_a_command_that_does_not_exist() -> None:
    known = {path for path, _ in commands()} | {"outlay --version"}
    for section in sections():
        if re.search(r"(\A|^\| )`outlay ", section, re.MULTILINE):
            assert any(is_about(section, path) for path in known), section.partition("\n")[0]


def test_what_holds_for_every_command_is_said_once_for_all() -> None:
    text = (DOCS / "cli.md").read_text("utf-8").partition("\n## ")[0]
    assert all(f"`{option}" in text for option in ON_EVERY_COMMAND)


# Refusals, troubles, states


def test_every_member_of_an_accounts_json_is_documented_with_the_list_of_accounts() -> None:
    [section] = [section for section in sections() if is_about(section, "outlay account list")]
    members = set(account_document(Account(UUID(int=1), "Kopi & Co", "SG")).__struct_fields__)
    assert members == set(re.findall('"([a-z_]+)"', section)) - {"accounts"}


def test_every_refusal_is_documented_in_its_order_with_its_code_in_every_api() -> None:
    documented = rows("refusals.md", "refusal")
    assert list(documented) == [refusal.name for refusal in Refusal]
    assert [cells[0] for cells in documented.values()] == [refusal.family.name.lower() for refusal in Refusal]
    assert list(rows("refusals.md", "objection")) == [objection.name for objection in Objection]
    opened = {dialect.name: opened_credential(dialect) for dialect in all_dialects().values()}
    for refusal in Refusal:
        codes_are_documented(
            documented[refusal.name][1:],
            lambda dialect, what=refusal: dialect.refuse(what, Greet(), opened[dialect.name]),
        )


def opened_credential(dialect: AnyDialect) -> Any:
    """Of an account in the country of the samples."""
    account = Account(uuid4(), "Documented", dialect.samples.country)
    issued = dialect.issue_credential(CredentialRequest(account, bytes(64), 0))
    return dialect.open_credential({name: Secret(text) for name, text in issued.sealed.items()})


def test_every_trouble_is_documented_with_its_code_in_every_api() -> None:
    documented = rows("refusals.md", "trouble")
    assert documented.keys() == {trouble.name for trouble in Trouble}
    for trouble in Trouble:
        codes_are_documented(documented[trouble.name], lambda dialect, what=trouble: dialect.trouble(what))


def codes_are_documented(cells: list[str], fault_of: Callable[..., Fault]) -> None:
    what, *codes = cells
    assert what
    faults = [fault_of(dialect) for dialect in all_dialects().values()]
    assert codes == [f"{fault.status} · `{fault.code}`" for fault in faults]


def test_every_state_is_documented_with_its_word_in_every_api() -> None:
    documented = rows("refusals.md", "state")
    assert documented.keys() == {state.value for state in State}
    for state in State:
        payout = payout_in(state)
        words = [detail_status(payout), teemopay_status(payout), uqpay_status(payout)]
        assert documented[state.value][1:] == [f"`{word}`" for word in words]


def payout_in(state: State) -> Payout:
    return Payout(
        account_id=UUID(int=1),
        payout_id=1,
        reference="A-1",
        currency="BRL",
        amount_minor=100,
        fee=fee_of(100, FeePlan()),
        beneficiary=payee(DestinationKind.PIX, name="Maria", account_number="1"),
        rail="sandbox",
        created_ms=1,
        state=state,
    )


# What the documents point at


def links() -> Iterator[tuple[Path, str]]:
    """Relative links of all documents, outside of code."""
    for document in documents():
        text = re.sub(r"^```.*?^```|`[^`\n]*`", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if not re.match(r"[a-z]+:", target):
                yield document, target


def test_every_relative_link_leads_somewhere() -> None:
    found = list(links())
    assert found
    dead = [
        f"{document.relative_to(ROOT)}: {target}"
        for document, target in found
        if target.partition("#")[0] and not (document.parent / unquote(target.partition("#")[0])).exists()
    ]
    assert dead == []


def test_every_run_command_that_the_documents_show_exists_in_the_run_script() -> None:
    cases = set(re.findall(r"^  ([a-z]+)\)", (ROOT / "run").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= cases
    for document in documents():
        shown_commands = set(re.findall(r"\./run ([a-z]+)", document.read_text("utf-8")))
        assert shown_commands <= cases, document


def test_every_outlay_command_that_the_documents_show_exists() -> None:
    known = {path.removeprefix("outlay ") for path, _ in commands()}
    groups = {path.split()[0] for path in known}
    for document in documents():
        for words in re.findall(r"\./run outlay ([a-z]+(?: [a-z]+)?)", document.read_text("utf-8")):
            assert words in known | groups or words.split()[0] in known, f"{document}: outlay {words}"


def test_no_document_names_a_place_on_one_persons_machine() -> None:
    for document in documents():
        found = PRIVATE_PLACES.search(document.read_text("utf-8"))
        assert found is None, f"{document}: {found}"
