-- messages_by_folding has taken its place.
DROP INDEX CONCURRENTLY messages_to_fold;
