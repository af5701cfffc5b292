-- Which turns are undone is lost.
ALTER TABLE turns
    DROP CONSTRAINT turns_undo_check,
    DROP COLUMN undo_number,
    DROP COLUMN undo_of;
