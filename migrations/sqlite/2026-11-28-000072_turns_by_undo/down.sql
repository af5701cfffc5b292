DROP INDEX turns_by_undo;
