-- The instruction is digested and facts are sealed.

select 1;
