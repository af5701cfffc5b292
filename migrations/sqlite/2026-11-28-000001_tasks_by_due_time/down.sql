DROP INDEX tasks_by_due_time;
