-- A list by due date reads tasks due at an instant by the instant, and those due on a day by the day
-- (the next two migrations): which day an instant is on depends on the reader's time zone, so that no
-- column can say it.
--
-- No row changes. due_day of a task that is due at an instant is not read any more; it is written, as
-- the day in UTC, for the version before, which runs on these tables as it did on the former ones.
-- tasks_by_due_first and tasks_by_due_last serve that version, too, and go in a later release.
CREATE INDEX CONCURRENTLY tasks_by_due_time ON tasks (user_id, due_at, id) WHERE due_at IS NOT NULL;
