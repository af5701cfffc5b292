DROP INDEX tasks_to_fold;
