DROP INDEX CONCURRENTLY tasks_by_due_time;
