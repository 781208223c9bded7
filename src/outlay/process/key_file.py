"""The key that seals stored secrets: where it is, that it is the right one, and how it is first made.

It is the setting, or a file in the data folder. A lost key is never replaced: a new one is made only where nothing is
sealed yet, and the database knows its key from then on (service.engine.key_check).

The traps: a start may be killed between any two steps, and another may run beside it. So the file is durable before the
database hears of its key, and what the database says in the end decides. An answer that was lost may have been a yes:
then the file stays.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path
from typing import Final

from outlay.kit.for_people import ForPeople
from outlay.kit.secret import Secret
from outlay.kit.vault import KEY_BYTES
from outlay.process.settings import Settings
from outlay.service.engine.key_check import Fit, fit_of, record_key
from outlay.store.database import Database

SECRET_KEY_FILE: Final = "secret.key"  # noqa: S105 (a file name)
SECRET_KEY_VARIABLE: Final = "OUTLAY_SECRET_KEY"  # noqa: S105 (a variable's name)
_DIGITS: Final = KEY_BYTES * 2
_LARGEST_FILE: Final = 4 * _DIGITS
"""Bytes: blank lines around a key that was put back by hand are no other key."""
_KEY_FORM: Final = re.compile(f"[0-9A-Fa-f]{{{_DIGITS}}}", re.ASCII)
_DRAFTS: Final = f"{SECRET_KEY_FILE}.{'[0-9a-f]' * 8}"
_PUT_BACK: Final = f"put {SECRET_KEY_FILE} back from a backup, or set {SECRET_KEY_VARIABLE}"


class KeyRefused(ForPeople):
    """The key is missing, damaged, open to others, or another one than the stored secrets were sealed with. The text
    says what to do, and never the key."""


async def vault_key(settings: Settings, database: Database) -> Secret:
    """The key of this installation; where it is a new one, the first key, which is recorded. Raises KeyRefused;
    Unavailable."""
    found = find_key(settings)
    fit = await fit_of(database, found)
    if fit is Fit.RECORDED and found is not None:
        return found
    if fit is Fit.FOREIGN:
        raise KeyRefused(_why_refused(settings, found))
    made = make_key(settings) if found is None else None
    key = found or made or find_key(settings)
    if key is None:
        raise KeyRefused(f"{_path(settings)} was there and is gone: start again")
    if settings.secret_key is None:
        _settle(settings.data)
    if await record_key(database, key, os.urandom) is not Fit.RECORDED:
        if made is not None:
            _path(settings).unlink(missing_ok=True)
        raise KeyRefused(_why_refused(settings, key))
    return key


async def present_key(settings: Settings, database: Database) -> Secret:
    """The key that is here, for who only looks: none is made, and none recorded. Raises KeyRefused; Unavailable."""
    found = find_key(settings)
    if found is None or await fit_of(database, found) is Fit.FOREIGN:
        raise KeyRefused(_why_refused(settings, found))
    return found


async def check_key(settings: Settings, database: Database) -> None:
    """For who changes the schema and opens nothing: a key that is here must be the right one. None is made, and one
    that nothing proves is not recorded. Raises KeyRefused; Unavailable."""
    found = find_key(settings)
    if found is None:
        return
    fit = await fit_of(database, found)
    if fit is Fit.PROVED:
        fit = await record_key(database, found, os.urandom)
    if fit is Fit.FOREIGN:
        raise KeyRefused(_why_refused(settings, found))


def missing_files(settings: Settings) -> str | None:
    """What is gone of the files that a running server needs; None where all are there."""
    if settings.database_url is None and not settings.data.is_dir():
        return "the data folder is gone"
    if settings.secret_key is None and not _path(settings).is_file():
        return "the key file is gone from the data folder"
    return None


def find_key(settings: Settings) -> Secret | None:
    """The setting, else what the file holds; None where there is neither. Never makes a file. Raises KeyRefused."""
    if settings.secret_key is not None:
        return settings.secret_key
    path = _path(settings)
    try:
        content = _read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        if path.is_symlink():
            raise KeyRefused(f"{path} is a link: put the key itself there, as a plain file") from None
        raise KeyRefused(f"{path} cannot be read: {error.strerror}") from None
    key = content.decode("ascii", "replace").strip()
    if len(content) > _LARGEST_FILE or not _KEY_FORM.fullmatch(key):
        raise KeyRefused(f"{path} does not hold a key of {_DIGITS} hexadecimal digits and nothing else: {_PUT_BACK}")
    return Secret(key)


def _read(path: Path) -> bytes:
    # Not to follow a link, and not to wait for whoever writes into a pipe.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _refuse_open_to_others(path, os.fstat(descriptor))
        return os.read(descriptor, _LARGEST_FILE + 1)
    finally:
        os.close(descriptor)


def _refuse_open_to_others(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyRefused(f"{path} is not a plain file: {_PUT_BACK}")
    if found.st_uid != os.geteuid():
        raise KeyRefused(
            f"{path} belongs to another user ({found.st_uid}) than this process ({os.geteuid()}): run Outlay as that "
            "user, or give the file to this one (chown)"
        )
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyRefused(f"{path} is open to other users (mode {stat.S_IMODE(found.st_mode):04o}): chmod 600 it")


def make_key(settings: Settings) -> Secret | None:
    """A new key, in the file; None where there is a file already. Raises KeyRefused where none can be written."""
    path = _path(settings)
    key = secrets.token_hex(KEY_BYTES)
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_ours = _put_new(path, key + "\n")
    except OSError as error:
        raise KeyRefused(
            f"{path} cannot be made: {error.strerror}. Let it be written, or set {SECRET_KEY_VARIABLE}"
        ) from None
    return Secret(key) if is_ours else None


def _put_new(path: Path, text: str) -> bool:
    """Written aside and linked into place, so that two first starts agree on one key and no half file is ever read.
    False where somebody else was first."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except (FileExistsError, FileNotFoundError):  # not found: who was first has removed our draft
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _settle(folder: Path) -> None:
    """Before the database hears of the key in `folder`. A file's name is on disk only once its folder is: a power cut
    must not take the key and leave what it sealed. What first starts that were killed have left goes: copies of the
    key, or keys that nothing was sealed with. Raises KeyRefused."""
    try:
        for draft in folder.glob(_DRAFTS):
            draft.unlink(missing_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise KeyRefused(f"{folder} cannot keep the key: {error.strerror}. Set {SECRET_KEY_VARIABLE}") from None


def _path(settings: Settings) -> Path:
    return settings.data / SECRET_KEY_FILE


def _why_refused(settings: Settings, key: Secret | None) -> str:
    if key is None:
        return (
            f"this database's credentials are sealed with a key that is not here: {_path(settings)} is missing, and "
            f"{SECRET_KEY_VARIABLE} is not set: {_PUT_BACK}"
        )
    where = SECRET_KEY_VARIABLE if settings.secret_key is not None else str(_path(settings))
    return (
        f"{where} is not the key that this database's credentials are sealed with, or all of them are damaged: put the "
        f"right key there ({SECRET_KEY_VARIABLE} wins over the file), or the database back from a backup"
    )
