DROP INDEX CONCURRENTLY tasks_by_folding;
