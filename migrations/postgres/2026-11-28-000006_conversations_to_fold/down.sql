DROP INDEX CONCURRENTLY conversations_to_fold;
