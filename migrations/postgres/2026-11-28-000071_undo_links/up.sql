-- Of a turn that undid another: the turn with which the chain begins, and its own position in it. 1 undid
-- that turn, 2 undid the undo, and so on. No foreign key: the first turn may be removed when it is old.
ALTER TABLE turns
    ADD COLUMN undo_of uuid,
    ADD COLUMN undo_number integer,
    ADD CONSTRAINT turns_undo_check
        CHECK ((undo_of IS NULL) = (undo_number IS NULL) AND undo_number >= 1);
