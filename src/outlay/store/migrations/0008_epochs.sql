-- Epochs, and the oldest version that may write.

-- An installation's epochs: a new one begins where the database has lost time, because it was restored from a copy or a
-- standby took over. The last row is the present one; of the first there may be none. system_identifier and timeline:
-- what the database was when the epoch began (of which server and database, on which timeline of its log), null where
-- that could not be read. listed_ms: since when all that is older is on the workers' list.
create table epochs (
    epoch             integer not null primary key check (epoch > 0),
    began_ms          bigint  not null,
    why               text    not null,
    is_noticed        boolean not null,
    said_by           text    not null default '',
    system_identifier text,
    timeline          text,
    listed_ms         bigint,
    closed_ms         bigint,
    closed_by         text    not null default '',
    note              text    not null default '',
    constraint closed_by_somebody check (closed_ms is null or closed_by <> '')
);

-- epoch, epoch_ms: the installation's, read with the row that is locked for every write anyway. oldest_writer: the
-- oldest revision whose code may write. A migration that older code must not write beside raises it, in all rows and in
-- the default, from which the code reads at its start whether it is too old.
alter table accounts
    add column epoch integer not null default 1,
    add column epoch_ms bigint not null default 0,
    add column oldest_writer integer not null default 8;

-- The account's when it was ordered; moved up when its rail was asked about it.
alter table payouts add column epoch integer not null default 1;
