-- Epochs, and the oldest version that may write.

select 1;
