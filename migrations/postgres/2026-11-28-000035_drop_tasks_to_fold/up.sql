-- tasks_by_folding has taken its place.
DROP INDEX CONCURRENTLY tasks_to_fold;
