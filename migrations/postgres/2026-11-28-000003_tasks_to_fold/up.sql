-- Rows that are still to be folded for searching, by the folding of version 1: all there are at
-- first, and none soon afterwards.
CREATE INDEX CONCURRENTLY tasks_to_fold ON tasks (user_id)
    WHERE substr(coalesce(search_text, ''), 1, 1) <> chr(1);
