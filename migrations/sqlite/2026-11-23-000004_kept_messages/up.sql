-- A message outlives the record of its turn, which may be removed when it is old. The table is the
-- same but for messages_turn_fkey.

CREATE TABLE kept_messages (
    user_id INTEGER NOT NULL,
    conversation_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    role TEXT NOT NULL,
    body TEXT NOT NULL,
    turn_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    search_text TEXT,
    -- The order of saying: pages and the history go by it.
    PRIMARY KEY (user_id, conversation_id, seq),
    CONSTRAINT messages_id_key UNIQUE (user_id, id),
    CONSTRAINT messages_conversation_fkey FOREIGN KEY (user_id, conversation_id)
        REFERENCES conversations (user_id, id) ON DELETE CASCADE,
    CONSTRAINT messages_seq_check CHECK (seq >= 1),
    CONSTRAINT messages_role_check CHECK (role IN ('user', 'assistant')),
    CONSTRAINT messages_body_check CHECK (length(body) BETWEEN 1 AND 32000)
) STRICT;

INSERT INTO kept_messages SELECT
    user_id, conversation_id, seq, id, role, body, turn_id, created_at, search_text
FROM messages;
DROP TABLE messages;
ALTER TABLE kept_messages RENAME TO messages;

-- The index messages_by_turn served the foreign key and nothing else.
-- For questions about a span of time; the sequence breaks ties.
CREATE INDEX messages_by_creation ON messages (user_id, conversation_id, created_at, seq);
