-- What the public documents print: strict destinations by wish, receipts of rails, returns that somebody decided.

alter table accounts add column strict_destinations boolean not null default false;
alter table payouts add column receipt_url text;
alter table returns add column by_decision boolean not null default false;
