DROP INDEX imports_by_lease;
