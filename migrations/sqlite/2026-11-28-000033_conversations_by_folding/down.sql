DROP INDEX conversations_by_folding;
