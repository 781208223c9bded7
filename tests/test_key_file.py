"""The file that holds the key: taken only where nobody else could have read or changed it, and made whole or not at
all. Whether its key is the right one, tests/service/test_key_of_an_installation.py asks.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from outlay.kit.secret import Secret
from outlay.process import key_file
from outlay.process.key_file import SECRET_KEY_FILE, KeyRefused, find_key, make_key
from outlay.process.settings import Settings

KEY = "0123456789abcdef" * 4
PATIENCE_S = 30.0


def place(folder: Path, content: str = KEY + "\n", mode: int = 0o600) -> Settings:
    """A data folder whose key file holds this."""
    path = folder / SECRET_KEY_FILE
    path.write_text(content, "utf-8")
    path.chmod(mode)
    return Settings.read(data=folder)


def test_a_key_of_ours_is_found_and_nothing_is_made_where_there_is_none(tmp_path: Path) -> None:
    assert find_key(Settings.read(data=tmp_path / "none")) is None
    assert find_key(Settings.read(data=tmp_path)) is None
    assert list(tmp_path.iterdir()) == []
    found = find_key(place(tmp_path))
    assert found is not None
    assert found.reveal() == KEY


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n\n"])
def test_a_key_is_one_line_with_any_blank_lines_behind_it(tmp_path: Path, ending: str) -> None:
    found = find_key(place(tmp_path, KEY + ending))
    assert found is not None
    assert found.reveal() == KEY


def test_a_key_in_capitals_is_the_same_key_as_it_is_in_the_setting(tmp_path: Path) -> None:
    settings = Settings.read(data=tmp_path, secret_key=Secret(KEY.upper()))
    for found in (find_key(settings), find_key(place(tmp_path, KEY.upper()))):
        assert found is not None
        assert found.reveal() == KEY.upper()


def test_the_setting_wins_and_the_file_is_not_even_looked_at(tmp_path: Path) -> None:
    settings = replace(place(tmp_path, "nonsense", 0o666), secret_key=Secret("5b" * 32))
    found = find_key(settings)
    assert found is not None
    assert found.reveal() == "5b" * 32


@pytest.mark.parametrize(
    "content", ["", "\n", KEY[:-1], KEY[:-1] + "g", KEY + "0", KEY + " " * 300, KEY + "\n" + KEY, "é" * 32, "0" * 4096]
)
def test_what_is_no_key_is_refused_and_never_shown(tmp_path: Path, content: str) -> None:
    with pytest.raises(KeyRefused, match=r"put secret\.key back from a backup, or set OUTLAY_SECRET_KEY") as refused:
        find_key(place(tmp_path, content))
    assert KEY[:8] not in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
def test_a_file_that_is_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(KeyRefused, match="chmod 600"):
        find_key(place(tmp_path, mode=mode))


def test_a_file_that_nobody_may_write_is_taken(tmp_path: Path) -> None:
    assert find_key(place(tmp_path, mode=0o400)) is not None


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = place(tmp_path)
    owner = os.geteuid()
    monkeypatch.setattr(key_file.os, "geteuid", lambda: owner + 1)
    with pytest.raises(KeyRefused, match="belongs to another user"):
        find_key(settings)


def link(path: Path, key: Path) -> None:
    path.symlink_to(key)


def dead_link(path: Path, key: Path) -> None:
    path.symlink_to(key.with_name("nowhere"))


def pipe(path: Path, _key: Path) -> None:
    os.mkfifo(path, 0o600)


def folder(path: Path, _key: Path) -> None:
    path.mkdir(0o700)


@pytest.mark.parametrize("kind", [link, dead_link, pipe, folder])
def test_only_a_plain_file_is_taken_and_nothing_is_waited_for(
    tmp_path: Path, kind: Callable[[Path, Path], None]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    place(tmp_path / "elsewhere")
    kind(tmp_path / SECRET_KEY_FILE, tmp_path / "elsewhere" / SECRET_KEY_FILE)
    with pytest.raises(KeyRefused, match="is a link" if "link" in kind.__name__ else "is not a plain file"):
        find_key(Settings.read(data=tmp_path))


def test_a_new_key_is_a_file_for_us_alone_with_nothing_beside_it(tmp_path: Path) -> None:
    settings = Settings.read(data=tmp_path / "new" / "data")
    made, found = make_key(settings), find_key(settings)
    assert made is not None
    assert found is not None
    assert made.reveal() == found.reveal()
    (file,) = settings.data.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700


def test_a_key_is_never_put_over_another_file(tmp_path: Path) -> None:
    settings = place(tmp_path, "something else")
    assert make_key(settings) is None
    assert (tmp_path / SECRET_KEY_FILE).read_text() == "something else"


def test_of_many_first_starts_one_makes_the_key(tmp_path: Path) -> None:
    settings = Settings.read(data=tmp_path / "data")
    with ThreadPoolExecutor(8) as pool:
        made = [key for key in pool.map(lambda _: make_key(settings), range(32)) if key is not None]
    (key,) = made
    found = find_key(settings)
    assert found is not None
    assert found.reveal() == key.reveal()


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(KeyRefused, match="cannot be made"):
        make_key(Settings.read(data=tmp_path / "data"))


def test_a_disk_that_is_full_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(key_file.os, "fsync", full)
    with pytest.raises(KeyRefused, match="No space left"):
        make_key(Settings.read(data=tmp_path))
    assert list(tmp_path.iterdir()) == []
