-- The first schema. Rules that every table keeps:
--   * the key is led by account_id, so that one account's rows can live together on one shard or partition;
--   * amounts are integer minor units, times Unix milliseconds;
--   * a `/*by account*/` marker stands where a partitioned installation says PARTITION BY HASH (account_id).
-- There are no foreign keys between the hot tables: rows that belong together are written by one statement, and
-- `outlay ledger verify` proves that they agree.
-- Who may do what with them stands in rights.sql, for all tables together.

create table accounts (
    account_id   uuid    not null primary key,
    parent_id    uuid,
    name         text    not null check (name <> ''),
    country      text    not null check (country ~ '^[A-Z]{2}$'),
    is_open      boolean not null default true,
    needs_review boolean not null default false,
    rail         text    not null,
    created_ms   bigint  not null
) /*by account*/;
create index accounts_by_parent on accounts (parent_id) where parent_id is not null;

create table terms (
    account_id      uuid    not null,
    currency        text    not null,
    fee_fixed_minor bigint  not null check (fee_fixed_minor >= 0),
    fee_rate_ppm    bigint  not null check (fee_rate_ppm between 0 and 1000000),
    smallest_minor  bigint  not null check (smallest_minor > 0),
    largest_minor   bigint  not null check (largest_minor >= smallest_minor),
    primary key (account_id, currency)
) /*by account*/;

create table credentials (
    account_id uuid    not null,
    key_id     text    not null,
    dialect    text    not null,
    version    integer not null default 1,
    sealed     bytea   not null,
    created_ms bigint  not null,
    revoked_ms bigint,
    primary key (account_id, key_id)
) /*by account*/;
-- A caller names the key, not the account: this look-up is outside the money path and its result is cached.
create index credentials_by_key on credentials (key_id);

-- Unlogged: a replay within the signature's time window after a crash is still stopped by the unique reference.
create /*unlogged*/ table nonces (
    account_id uuid   not null,
    key_id     text   not null,
    nonce      text   not null,
    until_ms   bigint not null,
    primary key (account_id, key_id, nonce)
) /*by account*/;
create index nonces_by_end on nonces (until_ms);

-- Who used which reference (or idempotency key) for what: unique per account, for ever.
create table claims (
    account_id uuid   not null,
    reference  text   not null,
    operation  text   not null,
    digest     bytea  not null check (length(digest) = 32),
    payout_id  bigint,
    created_ms bigint not null,
    primary key (account_id, reference)
) /*by account*/;

create table payouts (
    account_id      uuid    not null,
    payout_id       bigint  not null,
    batch_id        bigint,
    reference       text    not null,
    currency        text    not null,
    amount_minor    bigint  not null check (amount_minor > 0),
    fee_minor       bigint  not null check (fee_minor >= 0),
    fee_fixed_minor bigint  not null,
    fee_rate_ppm    bigint  not null,
    beneficiary     jsonb   not null,
    memo            jsonb   not null,
    rail            text    not null,
    created_ms      bigint  not null,
    expires_ms      bigint,
    state           text    not null check (state in
        ('in_review', 'reserved', 'processing', 'paid', 'failed', 'cancelled', 'expired')),
    rail_reference  text,
    failure_reason  text,
    failure_text    text,
    completed_ms    bigint,
    returned_minor  bigint  not null default 0,
    attempt_count   integer not null default 0,
    fact_count      integer not null,
    primary key (account_id, payout_id),
    constraint returned_at_most_once check (returned_minor between 0 and amount_minor),
    constraint only_paid_comes_back check (returned_minor = 0 or state = 'paid'),
    constraint ended_has_a_time check ((state in ('paid', 'failed', 'cancelled', 'expired')) = (completed_ms is not null)),
    constraint failed_has_a_reason check ((state = 'failed') = (failure_reason is not null))
) /*by account*/ with (fillfactor = 85);

create table attempts (
    account_id       uuid    not null,
    payout_id        bigint  not null,
    number           integer not null check (number > 0),
    rail             text    not null,
    reference        text    not null,
    state            text    not null check (state in ('begun', 'accepted', 'unknown', 'paid', 'refused')),
    begun_ms         bigint  not null,
    unknown_since_ms bigint,
    primary key (account_id, payout_id, number)
) /*by account*/ with (fillfactor = 85);
-- At most one attempt that is not definitively dead.
create unique index attempts_one_live on attempts (account_id, payout_id) where state <> 'refused';

create table returns (
    account_id   uuid    not null,
    payout_id    bigint  not null,
    number       text    not null,
    ordinal      integer not null check (ordinal > 0),
    amount_minor bigint  not null check (amount_minor > 0),
    at_ms        bigint  not null,
    primary key (account_id, payout_id, number),
    unique (account_id, payout_id, ordinal)
) /*by account*/;

create table facts (
    account_id uuid    not null,
    payout_id  bigint  not null,
    number     integer not null check (number > 0),
    kind       text    not null,
    at_ms      bigint  not null,
    data       jsonb   not null,
    primary key (account_id, payout_id, number)
) /*by account*/;

-- subject_id is the payout or the funding that caused the posting.
create table postings (
    account_id   uuid    not null,
    subject_id   bigint  not null,
    fact_number  integer not null,
    line         integer not null,
    source       text    not null,
    target       text    not null check (target <> source),
    currency     text    not null,
    amount_minor bigint  not null check (amount_minor > 0),
    at_ms        bigint  not null,
    primary key (account_id, subject_id, fact_number, line)
) /*by account*/;

create table balances (
    account_id uuid   not null,
    currency   text   not null,
    book       text   not null,
    minor      bigint not null,
    primary key (account_id, currency, book),
    constraint only_funding_is_negative check (minor >= 0 or book = 'funding')
) /*by account*/ with (fillfactor = 50);

create table fundings (
    account_id   uuid   not null,
    reference    text   not null,
    funding_id   bigint not null,
    currency     text   not null,
    amount_minor bigint not null check (amount_minor > 0),
    at_ms        bigint not null,
    primary key (account_id, reference)
) /*by account*/;

-- Payouts that want a worker's attention at due_ms. A lease is a due_ms in the future: whoever dies, the work is due again.
create table work (
    account_id uuid   not null,
    payout_id  bigint not null,
    due_ms     bigint not null,
    leased_by  text,
    primary key (account_id, payout_id)
) /*by account*/ with (fillfactor = 50);
create index work_by_due on work (due_ms);

-- The sandbox bank's own memory: what it was told to pay and how far its story went. Not part of the books.
create table bank_orders (
    account_id     uuid    not null,
    reference      text    not null,
    payout_id      bigint  not null,
    attempt_number integer not null,
    bank_reference text    not null,
    currency       text    not null,
    amount_minor   bigint  not null,
    state          text    not null check (state in ('accepted', 'paid', 'refused')),
    failure_reason text,
    failure_text   text,
    accepted_ms    bigint  not null,
    primary key (account_id, reference)
) /*by account*/ with (fillfactor = 70);
create index bank_orders_by_payout on bank_orders (account_id, payout_id);

-- What the sandbox bank has to say, in the order in which it happened, until Outlay has taken it.
create table bank_messages (
    account_id uuid    not null,
    reference  text    not null,
    number     integer not null check (number > 0),
    due_ms     bigint  not null,
    message    jsonb   not null,
    primary key (account_id, reference, number)
) /*by account*/ with (fillfactor = 50);
create index bank_messages_by_due on bank_messages (due_ms);

-- Node numbers for ids, leased. One small table for the whole installation, not per account.
create table nodes (
    node     integer not null primary key check (node between 0 and 1023),
    owner    text    not null,
    until_ms bigint  not null
);
