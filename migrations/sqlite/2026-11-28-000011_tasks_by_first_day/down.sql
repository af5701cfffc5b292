DROP INDEX tasks_by_first_day;
