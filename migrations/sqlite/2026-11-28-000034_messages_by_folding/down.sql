DROP INDEX messages_by_folding;
