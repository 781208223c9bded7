"""What versions up to 0.3.0 gave to the role that the server acts as: one name in every database, and more than it had
use for. Written down here because the migrations of those versions no longer say it."""

from typing import Any

OLD_RIGHTS = """
do $$ begin
    create role outlay_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;
grant usage on schema public to outlay_app;
grant select, insert, update, delete on all tables in schema public to outlay_app;
revoke update, delete on postings, facts, claims, fundings, returns from outlay_app;
do $$ declare part regclass; begin
    for part in select oid from pg_class
        where relispartition and relkind = 'r' and relnamespace = 'public'::regnamespace
    loop
        execute format('revoke all on %s from outlay_app', part);
    end loop;
end $$;
grant outlay_app to current_user;
"""
OLD_RIGHTS_FROM_0002 = "revoke update, delete on batches from outlay_app;" + (
    "revoke delete on bank_accounts, transfers, sandbox_clock from outlay_app;"
)


async def give_old_rights(connection: Any, revision: str) -> None:
    await connection.execute(OLD_RIGHTS)
    if revision >= "0002":
        await connection.execute(OLD_RIGHTS_FROM_0002)
