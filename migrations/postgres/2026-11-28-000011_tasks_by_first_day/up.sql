-- Tasks due on a day, the earliest first, and after them those without a due date.
CREATE INDEX CONCURRENTLY tasks_by_first_day ON tasks (user_id, due_first, id) WHERE due_at IS NULL;
