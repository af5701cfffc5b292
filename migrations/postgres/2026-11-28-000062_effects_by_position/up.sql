-- The key that the next migration gives the table.
CREATE UNIQUE INDEX CONCURRENTLY effects_by_position ON effects (user_id, turn_id, step, ordinal, task_id, position);
