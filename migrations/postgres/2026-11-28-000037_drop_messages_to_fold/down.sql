CREATE INDEX CONCURRENTLY messages_to_fold ON messages (user_id)
    WHERE substr(coalesce(search_text, ''), 1, 1) <> chr(1);
