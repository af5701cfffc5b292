CREATE INDEX conversations_to_fold ON conversations (user_id)
    WHERE substr(coalesce(search_text, ''), 1, 1) <> char(1);
