-- What a server needs that a bad day cannot hurt.

-- The key -----------------------------------------------------------------------------------------------------------
-- One row, made when a key is first known to be right. key_check: a known text sealed with it, so that another key is
-- seen to be another one.
create table installation (
    one boolean primary key default true check (one),
    key_check bytea not null
);

-- The clock ---------------------------------------------------------------------------------------------------------

-- Rights ------------------------------------------------------------------------------------------------------------
-- Of all tables together, in rights.sql beside this folder: it is run after every migration.
