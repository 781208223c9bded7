"""How settings are read: one meaning of every path, an empty variable is none, and no value is ever repeated."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from outlay.process.settings import (
    PREFIX,
    URL_VARIABLES,
    Settings,
    SettingsWrong,
    TwoDatabases,
    unknown_variables,
    without_database_url,
)
from tests.support.rows import each_row

FOLDERS = ("data", "pg_bin")
KEY = "5b" * 32
VARIABLES = {name: (PREFIX + name.upper(),) for name in Settings.__struct_fields__} | {"database_url": URL_VARIABLES}


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The folder that one stands in and the home folder are empty, and there is no variable."""
    for variables in VARIABLES.values():
        for variable in variables:
            monkeypatch.delenv(variable, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


# What is not set


@each_row("nothing", ["", " ", "\t \r\n"], ids=["empty", "blank", "line end"])
@each_row("name", list(Settings.__struct_fields__))
def test_a_variable_that_holds_nothing_is_not_set(name: str, nothing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unset = getattr(Settings.read(), name)
    for variable in VARIABLES[name]:
        monkeypatch.setenv(variable, nothing)
    assert getattr(Settings.read(), name) == unset


def test_white_space_around_a_value_does_not_belong_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"HOST": " localhost ", "SECRET_KEY": KEY + "\r", "DATA": "\tdata\n", "LOG": "json "}.items():
        monkeypatch.setenv(PREFIX + name, text)
    settings = Settings.read()
    assert (settings.host, settings.data, settings.log) == ("localhost", Path.cwd() / "data", "json")
    assert settings.secret_key is not None
    assert settings.secret_key.reveal() == KEY


def test_an_empty_name_of_the_database_does_not_hide_the_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for empty, full in (URL_VARIABLES, reversed(URL_VARIABLES)):
        monkeypatch.setenv(empty, "")
        monkeypatch.setenv(full, "postgresql://here/d")
        found = Settings.read().database_url
        assert found is not None
        assert found.reveal() == "postgresql://here/d"


def test_two_names_of_the_database_must_not_name_two_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in URL_VARIABLES:
        monkeypatch.setenv(name, "postgresql://here/d")
    assert Settings.read().database_url is not None
    monkeypatch.setenv(URL_VARIABLES[1], "postgresql://hunter2/d")
    with pytest.raises(TwoDatabases, match="leave one of them out") as refused:
        Settings.read()
    assert "hunter2" not in str(refused.value)


def test_a_file_of_settings_where_one_stands_is_not_read() -> None:
    Path(".env").write_text("OUTLAY_HOST=0.0.0.0\n")
    assert Settings.read().host == "127.0.0.1"


# Paths


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("~/there", "home/there"),
        ("~", "home"),
        ("./~", "~"),
        ("there", "there"),
        ("there/", "there"),
        ("home/../there", "there"),
        ("a [b] 'c' %d", "a [b] 'c' %d"),
        ("link/there", "home/there"),
        ("link/../there", "there"),
        ("pãdaria 山", "pãdaria 山"),
    ],
)
def test_a_path_is_whole_before_anybody_uses_it(
    name: str, given: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("link").symlink_to("home")
    monkeypatch.setenv(PREFIX + name.upper(), given)
    assert getattr(Settings.read(), name) == tmp_path.resolve() / meant


def test_the_folder_that_nobody_named_is_whole_too(tmp_path: Path) -> None:
    assert Settings.read().data == tmp_path.resolve() / "outlay-data"


@each_row("name", FOLDERS)
@each_row(
    ("given", "said"),
    [
        ("~nobody-of-this-name/x", "whose home folder is not known"),
        ("a\nb", "without line breaks"),
        ("a\x1b[31mb", "other control characters"),
        ("a\u2028b", "without line breaks"),
        (os.fsdecode(b"a\xffb"), "UTF-8 letters"),
    ],
)
def test_a_path_that_no_folder_can_have_is_refused_without_repeating_it(
    name: str, given: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), given)
    with pytest.raises(SettingsWrong) as refused:
        Settings.read()
    [(setting, rule)] = refused.value.faults.items()
    assert setting == name
    assert said in rule
    assert given not in str(refused.value)


def test_a_relative_path_is_refused_where_the_folder_it_begins_at_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir("gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(SettingsWrong, match="give an absolute path"):
        Settings.read()
    assert Settings.read(data=tmp_path / "there").data == tmp_path.resolve() / "there"


# What must not be said, and what must be


@each_row("name", list(Settings.__struct_fields__))
def test_no_value_of_any_setting_is_repeated_when_it_is_wrong(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES[name]:
        monkeypatch.setenv(variable, os.fsdecode(b"hunter2\n\xff"))
    said = ""
    try:
        Settings.read()
    except SettingsWrong as error:
        said = str(error)
    assert "hunter" not in said


def test_an_empty_host_is_refused_because_it_would_be_every_one() -> None:
    with pytest.raises(SettingsWrong, match="host"):
        Settings.read(host="")


def test_a_variable_that_looks_like_a_setting_is_told_with_the_one_that_was_meant() -> None:
    names = ["OUTLAY_HSOT", "outlay_port", "OUTLAY_DATABASE_URI", "OUTLAY_ZZZ", "PATH", *sum(VARIABLES.values(), ())]
    assert unknown_variables(names) == {
        "OUTLAY_DATABASE_URI": "OUTLAY_DATABASE_URL",
        "OUTLAY_HSOT": "OUTLAY_HOST",
        "OUTLAY_ZZZ": None,
    }


def test_every_name_of_the_database_can_be_taken_away() -> None:
    named = dict.fromkeys((*URL_VARIABLES, "database_url", "Outlay_Database_Url"), "postgresql://h/d")
    assert without_database_url({**named, "PATH": "/bin"}) == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("written", "host"), [("[::1]", "::1"), ("::1", "::1"), ("[a]", "[a]"), ("127.0.0.1", "127.0.0.1")]
)
def test_an_address_may_be_written_as_in_a_url(written: str, host: str) -> None:
    assert Settings.read(host=written).host == host


def test_a_name_of_letters_whose_capitals_are_ours_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("outlay_ho\u017ft", "elsewhere")
    assert Settings.read().host == "127.0.0.1"
    assert unknown_variables(["outlay_ho\u017ft"]) == {"outlay_ho\u017ft": None}
    assert without_database_url({"database_ur\u017f": "x"}) == {"database_ur\u017f": "x"}


# Values


@each_row(
    ("variable", "text", "name", "value"),
    [
        ("PORT", "0", "port", 0),
        ("PORT", "65535", "port", 65_535),
        ("WORKERS", "1", "workers", 1),
        ("BODY_LIMIT", "1_048_576", "body_limit", 1_048_576),
        ("STOP_SECONDS", "2.5", "stop_seconds", 2.5),
        ("STOP_SECONDS", "30", "stop_seconds", 30.0),
        *(("WORKERS", text, "workers", 8) for text in ("08", "+8", "0_8", "8.0", "+0_8.00")),
        *(("BODY_SECONDS", text, "body_seconds", 0.5) for text in (".5", "00.5", "+0.50", "5e-1", "0.5_0")),
        ("BODY_SECONDS", "5.", "body_seconds", 5.0),
        ("ALLOW_UNSAFE_DATABASE", "Yes", "allow_unsafe_database", True),
        ("ALLOW_UNSAFE_DATABASE", "1", "allow_unsafe_database", True),
        ("ALLOW_UNSAFE_DATABASE", "off", "allow_unsafe_database", False),
        ("LANES", "account", "lanes", "account"),
    ],
)
def test_a_value_is_read_as_people_write_it(
    variable: str, text: str, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + variable, text)
    found = getattr(Settings.read(), name)
    assert (type(found), found) == (type(value), value)


@each_row(
    ("variable", "text", "rule"),
    [
        ("PORT", "65536", "port must be a whole number of at least 0 and at most 65535"),
        ("PORT", "-1", "port must be a whole number of at least 0 and at most 65535"),
        ("PORT", "80.5", "port must be a whole number of at least 0 and at most 65535"),
        ("PORT", "http", "port must be a whole number of at least 0 and at most 65535"),
        *(
            ("WORKERS", text, "workers must be a whole number of at least 1 and at most 64")
            for text in ("1e1", "8.5", "8.", "0x8", "_8", "1__0", "\u0668", "8" * 5000, "null")
        ),
        ("BODY_LIMIT", "null", "body_limit must be a whole number of at least 1024"),
        *(
            ("BODY_SECONDS", text, "body_seconds must be a number above 0 and at most 3600")
            for text in ("inf", "1e400", "1e-400", "0x8", "_8", "1__0", "\u0668", "8,5", "null")
        ),
        ("ALLOW_UNSAFE_DATABASE", "-0", "allow_unsafe_database must be true or false"),
        ("HOST", os.fsdecode(b"\xff"), "host must be a name or an address in UTF-8 letters"),
        ("BODY_LIMIT", "1023", "body_limit must be a whole number of at least 1024"),
        ("STOP_SECONDS", "0.9", "stop_seconds must be a number of at least 1 and at most 3600"),
        ("STOP_SECONDS", "nan", "stop_seconds must be a number of at least 1 and at most 3600"),
        ("HEAD_SECONDS", "0", "head_seconds must be a number above 0 and at most 3600"),
        ("ALLOW_UNSAFE_DATABASE", "maybe", "allow_unsafe_database must be true or false"),
        ("LOG", "xml", "log must be json or quiet or text"),
    ],
)
def test_a_value_that_cannot_be_right_is_told_by_what_is_allowed(
    variable: str, text: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + variable, text)
    with pytest.raises(SettingsWrong) as refused:
        Settings.read()
    assert str(refused.value) == rule


def test_all_settings_that_are_wrong_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLAY_PORT", "x")
    monkeypatch.setenv("OUTLAY_LOG", "x")
    with pytest.raises(SettingsWrong) as refused:
        Settings.read()
    assert list(refused.value.faults) == ["port", "log"]
