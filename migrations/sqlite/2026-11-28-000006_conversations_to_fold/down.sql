DROP INDEX conversations_to_fold;
