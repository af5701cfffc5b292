DROP INDEX tasks_by_folding;
