DROP INDEX CONCURRENTLY messages_to_fold;
