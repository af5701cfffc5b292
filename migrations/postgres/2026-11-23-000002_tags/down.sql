-- The tags are lost; the tasks stay.
ALTER TABLE tasks DROP COLUMN tags;
