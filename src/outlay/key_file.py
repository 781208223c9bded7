"""The key that seals stored secrets: where it is, and how it is first made."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Final

from outlay.kit.secret import Secret
from outlay.kit.vault import KEY_BYTES
from outlay.settings import Settings

SECRET_KEY_FILE: Final = "secret.key"  # noqa: S105 (a file name)
_KEY_FORM: Final = re.compile(f"[0-9a-f]{{{KEY_BYTES * 2}}}", re.ASCII)


class SecretKeyDamaged(RuntimeError):
    """The key file in the data folder is not what Outlay wrote."""


def vault_key(settings: Settings) -> Secret:
    """The key that seals stored secrets: the setting, or a file in the data folder that is made on first use."""
    if settings.secret_key is not None:
        return Secret(settings.secret_key.get_secret_value())
    path = settings.data / SECRET_KEY_FILE
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        key = path.read_text("ascii").strip()
    except FileNotFoundError:
        key = _new_key_file(path)
    if not _KEY_FORM.fullmatch(key):
        raise SecretKeyDamaged(
            f"{path} does not hold a key of {KEY_BYTES * 2} hexadecimal digits: put it back from a backup. Without it "
            "the stored credentials cannot be opened; new ones can be made after the file is moved away."
        )
    return Secret(key)


def _new_key_file(path: Path) -> str:
    """Written aside and linked into place, so that two first starts agree on one key and no half file is ever read."""
    key = secrets.token_hex(KEY_BYTES)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return path.read_text("ascii").strip()
    finally:
        draft.unlink()
    _sync_folder(path.parent)
    return key


def _sync_folder(folder: Path) -> None:
    """A file's name is on disk only once its folder is: a power cut must not take the key and leave what it sealed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
