"""The documents say what the code does: every setting, command, refusal, trouble and state is in them, with the values
that it has, and what they point at exists.

The trap: a name somewhere on a page proves little. Settings and refusals are compared row by row, options within the
section of their command.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import msgspec
import pytest

from outlay.api.limits import Bite, FrontLimits
from outlay.core.account import Account
from outlay.core.progress import State
from outlay.core.refusal import Objection, Refusal
from outlay.postgres.words import WORDS
from outlay.present.accounts import account_document
from outlay.process.settings import Settings
from outlay.wire.problems import Trouble
from tests.pages.commands import ON_EVERY_COMMAND, commands, own_parameters

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SOURCES = ROOT / "src" / "outlay"
FIELDS = {field.name: field for field in msgspec.structs.fields(Settings)}
NAMED_FILE = re.compile(r"`((?:[a-z0-9_.-]+/)+[a-z0-9_.-]+\.(?:py|sql|md|json|tsv|toml))(?:::(\w+))?`", re.ASCII)
"""Relative to the project, the sources, the tests, the other documents, this one, or the folder of any dialect."""
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
    options = {path: {name for given in command.params for name in given.opts} for path, command in commands()}
    for name, flag in flags.items():
        command, _, option = flag.rpartition(" ")
        assert option == f"--{name}"
        assert option in options[f"outlay {command}" if command else "outlay serve"]
    of_serve = options["outlay serve"] - {
        "--json",
        "--help",
        "--with-parent",
    }  # these two change how one run behaves, no setting
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


def sections() -> list[str]:
    """docs/cli.md, cut at its headings."""
    return re.split(r"^#{2,4} ", (DOCS / "cli.md").read_text("utf-8"), flags=re.MULTILINE)


def is_about(section: str, path: str) -> bool:
    """A section is about the command in its heading."""
    return section.startswith(f"`{path}`")


def test_every_command_has_one_section_that_names_all_its_options_and_arguments() -> None:
    for path, command in commands():
        about = [section for section in sections() if is_about(section, path)]
        assert len(about) == 1, f"{path} has {len(about)} sections in docs/cli.md"
        for given in own_parameters(command):
            is_option = given.param_type_name == "option"
            for name in [*given.opts, *given.secondary_opts] if is_option else given.metavar.split("|"):
                assert name in about[0], f"{path} {name}"


def test_no_section_is_about_a_command_that_does_not_exist() -> None:
    known = {path for path, _ in commands()} | {"outlay --version"}
    for section in sections():
        if section.startswith("`outlay "):
            assert any(is_about(section, path) for path in known), section.partition("\n")[0]


def test_what_holds_for_every_command_is_said_once_for_all() -> None:
    text = (DOCS / "cli.md").read_text("utf-8").partition("\n## ")[0]
    assert all(f"`{option}" in text for option in ON_EVERY_COMMAND)


# Refusals, troubles, states


def test_every_member_of_an_accounts_json_is_documented_with_the_list_of_accounts() -> None:
    [section] = [section for section in sections() if is_about(section, "outlay account list")]
    members = set(account_document(Account(UUID(int=1), "Kopi & Co", "SG")).__struct_fields__)
    assert members == set(re.findall('"([a-z_]+)"', section)) - {"accounts"}


def test_every_no_and_every_state_stands_in_its_table_in_its_order() -> None:
    documented = rows("refusals.md", "refusal")
    assert list(documented) == [refusal.name for refusal in Refusal]
    assert [cells[0] for cells in documented.values()] == [refusal.family.name.lower() for refusal in Refusal]
    assert list(rows("refusals.md", "objection")) == [objection.name for objection in Objection]
    assert list(rows("refusals.md", "trouble")) == [trouble.name for trouble in Trouble]
    assert list(rows("refusals.md", "state")) == [state.value for state in State]


# What the documents point at


def links() -> Iterator[tuple[Path, str]]:
    """Relative links of all documents, outside of code."""
    for document in documents():
        text = re.sub(r"^```.*?^```|`[^`\n]*`", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if not re.match(r"[a-z]+:", target):
                yield document, target


def test_every_relative_link_leads_to_a_file_and_to_a_heading_of_it() -> None:
    found = list(links())
    assert found
    dead = []
    for document, target in found:
        file, _, anchor = target.partition("#")
        page = document.parent / unquote(file) if file else document
        if not page.exists() or (anchor and anchor not in anchors_of(page)):
            dead.append(f"{document.relative_to(ROOT)}: {target}")
    assert dead == []


@cache
def anchors_of(page: Path) -> set[str]:
    """As the forges that show Markdown make them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_file_and_every_test_that_the_documents_name_exists() -> None:
    lost = []
    for document in documents():
        roots = (ROOT, SOURCES, DOCS, ROOT / "tests", document.parent, *(SOURCES / "dialects").iterdir())
        for name, test in NAMED_FILE.findall(document.read_text("utf-8")):
            found = [root / name for root in roots if (root / name).exists()]
            if not found or (test and f"def {test}(" not in found[0].read_text("utf-8")):
                lost.append(f"{document.relative_to(ROOT)}: {name}{'::' * bool(test)}{test}")
    assert lost == []


def test_the_rooms_stand_in_the_architecture_as_the_import_contract_has_them() -> None:
    """Those that know nothing of each other stand together between two blank lines."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["id"] == "rooms")
    (block,) = re.findall(r"^```\nsrc/outlay/\n(.*?)^```", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.M | re.S)
    described = [set(re.findall(r"^  ([a-z]+)/", group, re.MULTILINE)) for group in block.split("\n\n")]
    assert described == [set(layer.split(" | ")) for layer in layers]


def test_every_run_command_that_the_documents_show_exists_in_the_run_script() -> None:
    cases = set(re.findall(r"^  ([a-z]+)\)", (ROOT / "run").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= cases
    for document in documents():
        shown_commands = set(re.findall(r"\./run ([a-z]+)", document.read_text("utf-8")))
        assert shown_commands <= cases, document


def test_every_outlay_command_that_the_documents_show_exists_and_takes_what_is_given_to_it() -> None:
    options = {path: {name for given in command.params for name in given.opts} for path, command in commands()}
    groups = {path.rpartition(" ")[0] for path in options}
    off = {name for _, command in commands() for given in command.params for name in given.secondary_opts}
    for document in documents():
        for line in re.findall(r"(?:`|\$ |\./run )(outlay [a-z][^`\n]*)", document.read_text("utf-8")):
            first, both = (" ".join(line.split()[:count]) for count in (2, 3))
            path = both if both in options else first
            given = set(re.findall(r"(?<!\S)--[a-z-]+", line)) - off - {"--help"}
            names_a_group = path in groups and not re.match(rf"{path} [a-z-]+(?![a-z|-])", line)
            assert names_a_group or path in options, f"{document}: {line}"
            assert given <= options.get(path, given), f"{document}: {line}"


def test_no_document_names_a_place_on_one_persons_machine() -> None:
    for document in documents():
        found = PRIVATE_PLACES.search(document.read_text("utf-8"))
        assert found is None, f"{document}: {found}"
