-- Which turns are undone is lost.
ALTER TABLE turns DROP COLUMN undo_number;
ALTER TABLE turns DROP COLUMN undo_of;
