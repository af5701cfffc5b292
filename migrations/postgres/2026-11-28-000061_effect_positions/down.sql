ALTER TABLE effects DROP CONSTRAINT effects_position_check;
ALTER TABLE effects DROP COLUMN position;
