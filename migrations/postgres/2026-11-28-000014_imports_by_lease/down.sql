DROP INDEX CONCURRENTLY imports_by_lease;
