-- Rails as rows, the workers' list by rail and kind of work, and what could not be read. Expanding: older code may write
-- beside it.

-- What is known of a rail. kind: which code of ours drives it; the rail between accounts
-- here is the one of its kind. dialect: of a gateway, the API that it is spoken to in.
-- send_within_ms: so long after its commit a send may leave; timeout_ms: a call ends by then; finality_ms: how long after
-- that the rail may still say "not found"; ask_again_ms: between two questions, the shortest. dedupe_ms: how long after
-- the first send it refuses duplicates, null for ever. places: payouts in our hands at once; calls_per_second: null for
-- as many as the places allow.
create table rails (
    name               text    not null primary key check (name <> ''),
    kind               text    not null,
    dialect            text,
    send_within_ms     bigint  not null default 5000 check (send_within_ms > 0),
    timeout_ms         bigint  not null default 10000 check (timeout_ms > 0),
    finality_ms        bigint  not null default 0 check (finality_ms >= 0),
    ask_again_ms       bigint  not null default 5000 check (ask_again_ms > 0),
    refuses_duplicates boolean not null default false,
    dedupe_ms          bigint  check (dedupe_ms > 0),
    places             integer not null default 32 check (places > 1),
    calls_per_second   integer check (calls_per_second > 0),
    constraint rails_internal check ((name = 'internal') = (kind = 'internal'))
);

-- The closed list of a rail's definitive refusals after which the money may go over another rail.
create table rail_refusals (
    rail   text not null references rails,
    reason text not null,
    primary key (rail, reason)
);

insert into rails (name, kind, refuses_duplicates, places) values
    ('sandbox', 'sandbox', true, 512), ('internal', 'internal', true, 512);
insert into rail_refusals (rail, reason) values
    ('sandbox', 'rail_fault'), ('sandbox', 'rail_out_of_funds'), ('sandbox', 'rail_unstable'),
    ('sandbox', 'bank_unsupported');

-- Where an account's payouts may go after its first rail, in order.
alter table accounts add column other_rails text[] not null default '{}'
    constraint accounts_other_rails check ('internal' <> all (other_rails));

-- Over which rail the work is, and of which kind: it waits for a place of theirs. Empty where older code noted it.
alter table work add column rail text not null default '', add column kind text not null default '';
drop index work_by_due;
-- Which rails and kinds have work that is due; and whose it is, account by account.
create index work_by_rail on work (rail, kind, due_ms);
create index work_by_account on work (rail, kind, account_id, due_ms);

-- Payouts on the workers' list whose rows this or another version could not read: for people.
create table unreadable (
    account_id uuid   not null,
    payout_id  bigint not null,
    why        text   not null,
    since_ms   bigint not null,
    seen_ms    bigint not null,
    primary key (account_id, payout_id)
) /*by account*/;
