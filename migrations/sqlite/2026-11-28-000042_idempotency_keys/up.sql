-- With which request a user's key came, and what was made of it: a turn, or an answer.
CREATE TABLE idempotency_keys (
    user_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    -- The SHA-256 digest of what was asked for.
    request BLOB NOT NULL,
    turn_id BLOB,
    answer TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key),
    CONSTRAINT idempotency_keys_user_fkey FOREIGN KEY (user_id)
        REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT idempotency_keys_turn_fkey FOREIGN KEY (user_id, turn_id)
        REFERENCES turns (user_id, id) ON DELETE CASCADE,
    CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
    CONSTRAINT idempotency_keys_request_check CHECK (length(request) = 32),
    CONSTRAINT idempotency_keys_use_check CHECK ((turn_id IS NULL) <> (answer IS NULL))
) STRICT;

-- For the deletion of turns.
CREATE INDEX idempotency_keys_by_turn ON idempotency_keys (user_id, turn_id)
    WHERE turn_id IS NOT NULL;
-- The oldest are removed first, whosever they are.
CREATE INDEX idempotency_keys_by_creation ON idempotency_keys (created_at);
