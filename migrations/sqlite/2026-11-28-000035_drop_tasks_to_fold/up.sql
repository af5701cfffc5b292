-- tasks_by_folding has taken its place.
DROP INDEX tasks_to_fold;
