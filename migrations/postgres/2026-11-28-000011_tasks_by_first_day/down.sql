DROP INDEX CONCURRENTLY tasks_by_first_day;
