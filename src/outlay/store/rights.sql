-- Run at the end of every migration, and again where a database was copied, renamed or restored.
-- The server acts as the role `<database>_app`: named after the database, so that one PostgreSQL can have several. What
-- it may is said table by table, and never of "all": a new table is closed until it stands here. docs/rights.md tells
-- what each right is for. Partitions have none: they are reached through their table.
do $$
declare
    app constant text := current_database() || '_app';
    holder text;
    may text;
    tables text;
begin
    if not exists (select from pg_roles where rolname = app) then
        execute format('create role %I nologin', app);
        execute format('grant %I to current_user', app);  -- who migrates may also serve
    end if;
    -- Before this, the role had one name in every database, and rights that it had no use for.
    for holder in select rolname from pg_roles where rolname in (app, 'outlay_app') loop
        execute format('revoke all on all tables in schema public from %I', holder);
        execute format('revoke all on schema public from %I', holder);
    end loop;
    revoke create on schema public from public;  -- as PostgreSQL before 15 made it
    execute format('grant usage on schema public to %I', app);
    for may, tables in values
        ('select', 'alembic_version, rails, rail_refusals'),
        -- What happened is written once: not even we can rewrite it.
        ('select, insert', 'claims, batches, facts, postings, fundings, returns, installation, installation_keys, rail_references'),
        ('select, insert, update', 'accounts, terms, credentials, epochs'),
        ('select, insert, update', 'payouts, attempts, cases, balances, transfers, bank_accounts'),
        ('select, insert, update', 'nodes, sandbox_clock, bank_orders'),
        ('select, insert, update', 'users'),
        ('select, insert, delete', 'nonces, blocks'),
        ('select, insert, update, delete', 'work, bank_messages, family_keys, unreadable')
    loop
        execute format('grant %s on %s to %I', may, tables, app);
    end loop;
end $$;
