DROP INDEX turns_by_end;
