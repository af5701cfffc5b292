-- conversations_by_folding has taken its place.
DROP INDEX CONCURRENTLY conversations_to_fold;
