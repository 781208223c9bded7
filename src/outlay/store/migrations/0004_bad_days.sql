-- What a server needs that a bad day cannot hurt.

-- The key -----------------------------------------------------------------------------------------------------------
-- One row, made when a key is first known to be right. key_check: a known text sealed with it, so that another key is
-- seen to be another one.
create table installation (
    one boolean primary key default true check (one),
    key_check bytea not null
);

-- The clock ---------------------------------------------------------------------------------------------------------
-- From when a due time was counted: what was noted in the future shows a clock that was wrong. Null where the time was
-- given as a date. A node's number is kept from others until until_ms, by this database's clock; an empty owner gave it
-- back.
alter table work add column noted_ms bigint;
alter table bank_messages add column noted_ms bigint;
-- What is on its way was due within a minute, by rule.
update work w set noted_ms = w.due_ms - 60000 from payouts p
    where p.account_id = w.account_id and p.payout_id = w.payout_id and p.state in ('reserved', 'processing');
update bank_messages m set noted_ms = o.accepted_ms from bank_orders o
    where o.account_id = m.account_id and o.reference = m.reference;

-- Rights ------------------------------------------------------------------------------------------------------------
-- Of all tables together, in rights.sql beside this folder: it is run after every migration.
