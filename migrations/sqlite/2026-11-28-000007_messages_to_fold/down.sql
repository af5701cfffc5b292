DROP INDEX messages_to_fold;
