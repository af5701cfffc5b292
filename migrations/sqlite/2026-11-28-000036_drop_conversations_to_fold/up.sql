-- conversations_by_folding has taken its place.
DROP INDEX conversations_to_fold;
