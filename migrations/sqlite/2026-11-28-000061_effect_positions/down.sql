ALTER TABLE effects DROP COLUMN position;
