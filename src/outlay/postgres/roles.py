"""Who logs in to the embedded server: the superuser, the migrator who owns the tables, and the application.

`put_right` makes the two lesser logins, gives the migrator what is to be its own, and closes every database to others.
It runs at each start, in one transaction, looks before it writes, and so also brings over a folder of an earlier
version, in which the superuser owned all, and repairs what a kill or a lost password file has left.

Leaves to others: the passwords' files (folders), what the application may do with the tables (the migrations).

The trap: a password in a statement can end up in the server's log. What is sent is what the server would store.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import asyncpg

from outlay.postgres.endpoint import APPLICATION, DATABASE, MIGRATOR, Endpoint

TIMEOUT_S = 30.0
TRIES = 5
ITERATIONS = 4096  # what PostgreSQL itself uses; the passwords are 256 random bits
SALT_BYTES = 16

_FIND = """
select rolpassword, rolcanlogin and rolinherit and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication
    or rolbypassrls) as is_plain
from pg_authid where rolname = $1
"""
_CLOSE = f"""
do $$
declare name text;
begin
    for name in select datname from pg_database where datname in ('{DATABASE}', 'postgres', 'template1') loop
        if has_database_privilege('public', name, 'connect') or has_database_privilege('public', name, 'temporary') then
            execute format('revoke all on database %I from public', name);
        end if;
    end loop;
    if not has_database_privilege('{APPLICATION}', '{DATABASE}', 'connect') then
        grant connect on database {DATABASE} to {APPLICATION};
    end if;
end $$
"""  # noqa: S608 (constants)
# A login needs no right to give itself settings, such as one by which it can change nothing any more.
_FORGET = f"""
do $$
declare given record;
begin
    for given in select rolname, datname from pg_db_role_setting
        join pg_roles r on r.oid = setrole left join pg_database d on d.oid = setdatabase
        where rolname in ('{MIGRATOR}', '{APPLICATION}')
    loop
        execute format('alter role %I', given.rolname) || coalesce(' in database ' || quote_ident(given.datname), '')
            || ' reset all';
    end loop;
end $$
"""  # noqa: S608 (constants)
# `reassign owned` refuses the superuser whom the cluster was made with: system objects are that one's, too.
_GIVE = f"""
do $$
declare mine text;
begin
    if (select datdba from pg_database where datname = '{DATABASE}') <> '{MIGRATOR}'::regrole then
        alter database {DATABASE} owner to {MIGRATOR};
    end if;
    if (select nspowner from pg_namespace where nspname = 'public') <> 'pg_database_owner'::regrole then
        alter schema public owner to pg_database_owner;
    end if;
    for mine in select oid::regclass::text from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p', 'v', 'm') and relowner = current_user::regrole
    loop
        execute format('alter table %s owner to {MIGRATOR}', mine);
    end loop;
end $$
"""  # noqa: S608 (constants)


async def put_right(superuser: Endpoint, passwords: Mapping[str, str]) -> None:
    """`passwords`: of both logins, by name. Raises asyncpg.PostgresError, OSError."""
    connection = await asyncpg.connect(superuser.url, timeout=TIMEOUT_S, command_timeout=TIMEOUT_S)
    try:
        for others in reversed(range(TRIES)):
            try:
                async with connection.transaction():
                    await _put_all_right(connection, passwords)
                return
            except asyncpg.DeadlockDetectedError:  # servers that are back already read what is given away
                if not others:
                    raise
    finally:
        await connection.close()


async def _put_all_right(connection: asyncpg.Connection[Any], passwords: Mapping[str, str]) -> None:
    for name, password in passwords.items():
        await _put_login_right(connection, name, password)
    await connection.execute(_FORGET)
    await connection.execute(_GIVE)
    await connection.execute(_CLOSE)


async def _put_login_right(connection: asyncpg.Connection[Any], name: str, password: str) -> None:
    found = await connection.fetchrow(_FIND, name)
    if found is None:
        await connection.execute(f"create role {name}")
    elif found["is_plain"] and _is_verifier_of(found["rolpassword"] or "", password):
        return
    await connection.execute(
        f"alter role {name} login inherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls "
        f"password '{verifier(password, secrets.token_bytes(SALT_BYTES))}'"
    )


def verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """What PostgreSQL stores of a password of ASCII characters (RFC 5803; the manual's page on pg_authid)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    stored = hashlib.sha256(client).digest()
    return f"SCRAM-SHA-256${iterations}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _is_verifier_of(text: str, password: str) -> bool:
    try:
        iterations, salt = text.split("$")[1].split(":")
        return hmac.compare_digest(text, verifier(password, base64.b64decode(salt), int(iterations)))
    except (IndexError, ValueError):  # none, or one of another kind
        return False


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
