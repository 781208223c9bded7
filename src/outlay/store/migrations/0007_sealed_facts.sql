-- The instruction is digested and facts are sealed.

-- Keys of the installation, each sealed by the vault. Written once, and by nobody changed: what was sealed with them
-- would count as changed.
create table installation_keys (
    name   text  primary key,
    sealed bytea not null
);

-- The first 16 bytes of a keyed digest over the whole fact (core/seals.py). Null of facts from before.
alter table facts add column seal bytea check (length(seal) = 16);
