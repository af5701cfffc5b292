-- A turn is undone once at a time. It finds the latest of those that undid one.
CREATE UNIQUE INDEX turns_by_undo ON turns (user_id, undo_of, undo_number)
    WHERE undo_of IS NOT NULL;
