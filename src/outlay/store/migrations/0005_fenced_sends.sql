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

-- Attempts, evidence, cases -------------------------------------------------------------------------------------------
