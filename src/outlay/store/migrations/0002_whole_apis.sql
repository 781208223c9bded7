-- What the three APIs document besides one payout: batches, reviews, bank accounts, transfers between accounts, methods
-- that are switched off, recipients that are blocked; and a clock that a sandbox can move.

-- A reference names whatever was made under it: a payout, a batch, a bank account, a transfer. All have ids of one kind.
alter table claims rename column payout_id to subject_id;

alter table accounts
    add column notify_url text,
    add column needs_bank_account boolean not null default false;
alter table credentials add column holder text;
alter table terms add column off text[] not null default '{}';

alter table payouts
    add column ordered_by text not null default '',
    add column review text not null default 'none' check (review in ('none', 'pending', 'approved', 'rejected'));
update payouts set review = 'pending' where state = 'in_review';
update payouts set review = 'rejected' where failure_reason = 'review_rejected';
update payouts p set review = 'approved' where exists (select from facts f
    where f.account_id = p.account_id and f.payout_id = p.payout_id and f.kind = 'approved');
alter table payouts add constraint in_review_is_pending check (state <> 'in_review' or review = 'pending');
create index payouts_by_batch on payouts (account_id, batch_id) where batch_id is not null;
-- On `review` and not on `state`: a column that changes with every step would make each step write the indexes again.
create index payouts_in_review on payouts (account_id, payout_id) where review = 'pending';

-- Payouts that were ordered together; they carry its id. Payouts of one batch are in the order of their ids.
create table batches (
    account_id   uuid    not null,
    batch_id     bigint  not null,
    reference    text    not null,
    currency     text    not null,
    total_minor  bigint  not null check (total_minor > 0),
    payout_count integer not null check (payout_count > 0),
    created_ms   bigint  not null,
    primary key (account_id, batch_id)
) /*by account*/;

-- A merchant's own accounts at banks, where a payout without a beneficiary goes.
create table bank_accounts (
    account_id      uuid    not null,
    bank_account_id bigint  not null,
    currency        text    not null,
    is_valid        boolean not null,
    body            jsonb   not null,
    created_ms      bigint  not null,
    updated_ms      bigint  not null,
    primary key (account_id, bank_account_id)
) /*by account*/;
create index bank_accounts_by_currency on bank_accounts (account_id, currency, bank_account_id);

-- Money that went from one account to another: a row at each, because no transaction spans two. Written at the giver
-- first ('out'), then at the taker ('in'); only then is the giver's row credited.
create table transfers (
    account_id   uuid    not null,
    transfer_id  bigint  not null,
    direction    text    not null check (direction in ('out', 'in')),
    is_payout    boolean not null,
    source_id    uuid    not null,
    target_id    uuid    not null,
    source_name  text    not null,
    target_name  text    not null,
    currency     text    not null,
    amount_minor bigint  not null check (amount_minor > 0),
    reason       text    not null,
    ordered_by   text    not null,
    created_ms   bigint  not null,
    credited_ms  bigint,
    primary key (account_id, transfer_id),
    constraint between_two check (source_id <> target_id),
    constraint at_its_side check (account_id = case direction when 'out' then source_id else target_id end)
) /*by account*/;
create index transfers_under_way on transfers (created_ms) where credited_ms is null;

-- Account numbers that an account may not pay.
create table blocks (
    account_id uuid   not null,
    number     text   not null,
    why        text   not null,
    blocked_by text   not null,
    at_ms      bigint not null,
    primary key (account_id, number)
) /*by account*/;

alter table balances drop constraint only_funding_is_negative;
alter table balances add constraint only_mirrors_are_negative
    check (minor >= 0 or book in ('funding', 'transfers'));

-- How far ahead of the real time this installation is. At most one row; none is zero.
create table sandbox_clock (
    one       boolean not null primary key default true check (one),
    offset_ms bigint  not null check (offset_ms >= 0)
);
