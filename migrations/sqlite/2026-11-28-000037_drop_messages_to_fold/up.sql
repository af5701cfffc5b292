-- messages_by_folding has taken its place.
DROP INDEX messages_to_fold;
