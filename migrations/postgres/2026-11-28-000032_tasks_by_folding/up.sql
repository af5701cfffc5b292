-- Rows whose texts were folded for searching by a version lower than 2, or not at all: all there are
-- at first, and none soon afterwards. The code of the first character is the version, 1 to 8; a text
-- without a version begins with a character of its own.
CREATE INDEX CONCURRENTLY tasks_by_folding ON tasks (user_id)
    WHERE coalesce(ascii(search_text), 0) NOT BETWEEN 2 AND 8;
