-- Rows that are still to be folded for searching, by the folding of version 1: all there are at
-- first, and none soon afterwards.
CREATE INDEX conversations_to_fold ON conversations (user_id)
    WHERE substr(coalesce(search_text, ''), 1, 1) <> char(1);
