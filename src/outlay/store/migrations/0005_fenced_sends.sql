-- Sends are fenced, evidence is kept.

-- People ------------------------------------------------------------------------------------------------------------

-- Who may decide, and is somebody: few rows, of no account. `form` is the name as names are compared, so that two
-- spellings are one person. Of a key only its SHA-256 is kept: it is 32 random bytes. Rows are never taken out.
create table users (
    form        text   not null primary key check (form <> ''),
    name        text   not null check (name <> ''),
    role        text   not null check (role in ('approver', 'viewer')),
    key_digest  bytea  not null check (length(key_digest) = 32),
    added_ms    bigint not null,
    key_ms      bigint not null,
    disabled_ms bigint
);

-- Keys of a family, and references at rails ---------------------------------------------------------------------------

-- Attempts, evidence, cases -------------------------------------------------------------------------------------------
