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
-- sends: [number, at_ms, real_ms, final_ms, is_late] each. Of attempts that had ended before there are none: nobody
-- numbered them.
alter table attempts
    add column sends jsonb not null default '[]',
    add column rail_references text[] not null default '{}',
    add column not_found_ms bigint[] not null default '{}',
    add column asked_ms bigint,
    add column questions integer not null default 0,
    add column refusals text not null default '',
    add column is_contested boolean not null default false,
    drop constraint attempts_state_check,
    add constraint attempts_state_check check (state in
        ('begun', 'accepted', 'unknown', 'paid', 'paid_unbooked', 'refused', 'never_submitted'));
update attempts t set rail_references = array[p.rail_reference] from payouts p
    where p.account_id = t.account_id and p.payout_id = t.payout_id and p.rail_reference is not null
        and t.number = p.attempt_count;
-- Of those under way the last send left before this runs: from a minute on after it "not found" is evidence. It is
-- numbered 2: nobody counted those before it, so none of them is taken for the only one.
update attempts t set sends = jsonb_build_array(jsonb_build_array(2, t.begun_ms, least(t.begun_ms, now_ms),
    now_ms + 60000, false))
from (select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms) clock
where t.state in ('begun', 'accepted', 'unknown');
-- At most one attempt of which we still wait to learn what became of it, and at most one that the books call paid.
drop index attempts_one_live;
create unique index attempts_one_live on attempts (account_id, payout_id) where state in ('begun', 'accepted', 'unknown');
create unique index attempts_one_paid on attempts (account_id, payout_id) where state = 'paid';

-- pending: what few payouts have and none for long: returns that came before "paid", a ruling that waits for its second
-- voice.
alter table payouts
    add column case_count integer not null default 0,
    add column pending jsonb;

-- Contradictions and dead ends, until people close them.
create table cases (
    account_id     uuid    not null,
    payout_id      bigint  not null,
    number         integer not null check (number > 0),
    kind           text    not null,
    attempt_number integer,
    what           text    not null,
    since_ms       bigint  not null,
    fact_number    integer not null,
    closed_ms      bigint,
    closed_by      text[]  not null default '{}',
    note           text    not null default '',
    remedy         text,
    primary key (account_id, payout_id, number),
    constraint closed_by_somebody check ((closed_ms is null) = (closed_by = '{}')),
    constraint closed_with_a_remedy check ((closed_ms is null) = (remedy is null))
) /*by account*/;
create index cases_open on cases (since_ms) where closed_ms is null;

alter table balances drop constraint only_mirrors_are_negative;
alter table balances add constraint only_mirrors_are_negative
    check (minor >= 0 or book in ('funding', 'transfers', 'adjustments') or book like 'adjustments:%');
