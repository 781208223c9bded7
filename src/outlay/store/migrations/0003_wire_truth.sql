-- What the public documents print: strict destinations by wish, receipts of rails, returns that somebody decided, a
-- payout to the account that orders it.

alter table accounts add column strict_destinations boolean not null default false;
alter table payouts add column receipt_url text;
alter table returns add column by_decision boolean not null default false;

alter table transfers drop constraint between_two;
alter table transfers add constraint between_two check (source_id <> target_id or is_payout);
