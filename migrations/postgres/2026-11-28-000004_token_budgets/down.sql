ALTER TABLE users DROP COLUMN tokens_spent, DROP COLUMN tokens_day;
