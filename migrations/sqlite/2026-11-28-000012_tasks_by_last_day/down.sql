DROP INDEX tasks_by_last_day;
