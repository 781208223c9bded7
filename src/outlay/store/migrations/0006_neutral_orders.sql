-- Who and where money goes, and who ordered it, in neutral form.

select 1;
