ALTER TABLE users DROP COLUMN tokens_spent;
ALTER TABLE users DROP COLUMN tokens_day;
