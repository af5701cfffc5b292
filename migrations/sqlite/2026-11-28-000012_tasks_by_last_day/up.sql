-- The same, the latest day first.
CREATE INDEX tasks_by_last_day ON tasks (user_id, due_last, id) WHERE due_at IS NULL;
