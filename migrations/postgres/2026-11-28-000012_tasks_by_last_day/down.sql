DROP INDEX CONCURRENTLY tasks_by_last_day;
