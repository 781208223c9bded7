-- Sends are fenced, evidence is kept.

-- People ------------------------------------------------------------------------------------------------------------

-- Keys of a family, and references at rails ---------------------------------------------------------------------------
-- Which account of a master's holds an idempotency key that is one for all of them: the row lies at the master's account.
-- uses: how many requests of the holder may make something under it, or have; none, and any account may take it. Keys
-- that were used before this table was are found in `claims`.
create table family_keys (
    account_id uuid   not null,
    reference  text   not null,
    holder_id  uuid   not null,
    uses       bigint not null check (uses >= 0),
    at_ms      bigint not null,
    primary key (account_id, reference)
) /*by account*/;

-- Whose a reference at a rail is, for what arrives knowing only that: not by account, because nobody knows it there. The
-- hash is the first eight bytes of the SHA-256 of rail, a zero byte and reference (store/references.py), never changed.
create table rail_references (
    reference_hash bigint  not null,
    rail           text    not null,
    reference      text    not null,
    account_id     uuid    not null,
    payout_id      bigint  not null,
    attempt_number integer not null check (attempt_number > 0),
    primary key (reference_hash, rail, reference)
);
insert into rail_references
select distinct on (rail, reference)
    ('x' || encode(substr(sha256(convert_to(rail, 'UTF8') || '\x00'::bytea || convert_to(reference, 'UTF8')), 1, 8),
                   'hex'))::bit(64)::bigint,
    rail, reference, account_id, payout_id, number
from attempts order by rail, reference, begun_ms, account_id;

-- Attempts, evidence, cases -------------------------------------------------------------------------------------------
