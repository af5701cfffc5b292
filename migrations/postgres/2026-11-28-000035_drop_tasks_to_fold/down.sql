CREATE INDEX CONCURRENTLY tasks_to_fold ON tasks (user_id)
    WHERE substr(coalesce(search_text, ''), 1, 1) <> chr(1);
