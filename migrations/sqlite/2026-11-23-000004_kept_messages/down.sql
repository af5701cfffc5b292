-- A message whose turn was removed gets an empty one again: what was done in it is lost.
INSERT INTO turns (user_id, id, conversation_id, status, attempt, lease_until, started_at, finished_at)
    SELECT user_id, turn_id, conversation_id,
           CASE WHEN max(role = 'assistant') THEN 'completed' ELSE 'interrupted' END,
           1, min(created_at), min(created_at), max(created_at)
    FROM messages
    WHERE NOT EXISTS (
        SELECT 1 FROM turns WHERE turns.user_id = messages.user_id AND turns.id = messages.turn_id
    )
    GROUP BY user_id, turn_id, conversation_id;

CREATE TABLE bound_messages (
    user_id INTEGER NOT NULL,
    conversation_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    role TEXT NOT NULL,
    body TEXT NOT NULL,
    turn_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    search_text TEXT,
    PRIMARY KEY (user_id, conversation_id, seq),
    CONSTRAINT messages_id_key UNIQUE (user_id, id),
    CONSTRAINT messages_conversation_fkey FOREIGN KEY (user_id, conversation_id)
        REFERENCES conversations (user_id, id) ON DELETE CASCADE,
    CONSTRAINT messages_turn_fkey FOREIGN KEY (user_id, turn_id)
        REFERENCES turns (user_id, id) ON DELETE CASCADE,
    CONSTRAINT messages_seq_check CHECK (seq >= 1),
    CONSTRAINT messages_role_check CHECK (role IN ('user', 'assistant')),
    CONSTRAINT messages_body_check CHECK (length(body) BETWEEN 1 AND 32000)
) STRICT;

INSERT INTO bound_messages SELECT
    user_id, conversation_id, seq, id, role, body, turn_id, created_at, search_text
FROM messages;
DROP TABLE messages;
ALTER TABLE bound_messages RENAME TO messages;

CREATE INDEX messages_by_turn ON messages (user_id, turn_id);
CREATE INDEX messages_by_creation ON messages (user_id, conversation_id, created_at, seq);
