-- What was said, and the turns in which it was answered.

CREATE TABLE conversations (
    user_id bigint NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    -- Messages are numbered from here, because two of them may share an instant.
    last_message_seq bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT conversations_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT conversations_title_check CHECK (char_length(title) BETWEEN 1 AND 200),
    CONSTRAINT conversations_last_message_seq_check CHECK (last_message_seq >= 0),
    CONSTRAINT conversations_updated_check CHECK (updated_at >= created_at)
);

CREATE INDEX conversations_by_update ON conversations (user_id, updated_at DESC, id DESC);

CREATE TABLE turns (
    user_id bigint NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    status text NOT NULL,
    failure_code text,
    attempt integer NOT NULL,
    -- By the database's clock: from then on others may take the turn for dead.
    lease_until timestamptz NOT NULL,
    engine text,
    model text,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (user_id, id),
    CONSTRAINT turns_conversation_fkey FOREIGN KEY (user_id, conversation_id)
        REFERENCES conversations (user_id, id) ON DELETE CASCADE,
    CONSTRAINT turns_status_check
        CHECK (status IN ('running', 'completed', 'failed', 'cancelled', 'interrupted')),
    CONSTRAINT turns_failure_check CHECK ((status = 'failed') = (failure_code IS NOT NULL)),
    CONSTRAINT turns_finished_check CHECK ((status = 'running') = (finished_at IS NULL)),
    CONSTRAINT turns_attempt_check CHECK (attempt >= 1),
    CONSTRAINT turns_identity_check CHECK ((engine IS NULL) = (model IS NULL)),
    CONSTRAINT turns_tokens_check CHECK (input_tokens >= 0 AND output_tokens >= 0)
);

CREATE INDEX turns_by_conversation ON turns (user_id, conversation_id);
-- At most one turn of a conversation runs at a time.
CREATE UNIQUE INDEX turns_one_running ON turns (user_id, conversation_id) WHERE status = 'running';

CREATE TABLE messages (
    user_id bigint NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    role text NOT NULL,
    body text NOT NULL,
    turn_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    -- The order of saying: pages and the history go by it.
    PRIMARY KEY (user_id, conversation_id, seq),
    CONSTRAINT messages_id_key UNIQUE (user_id, id),
    CONSTRAINT messages_conversation_fkey FOREIGN KEY (user_id, conversation_id)
        REFERENCES conversations (user_id, id) ON DELETE CASCADE,
    CONSTRAINT messages_turn_fkey FOREIGN KEY (user_id, turn_id)
        REFERENCES turns (user_id, id) ON DELETE CASCADE,
    CONSTRAINT messages_seq_check CHECK (seq >= 1),
    CONSTRAINT messages_role_check CHECK (role IN ('user', 'assistant')),
    CONSTRAINT messages_body_check CHECK (char_length(body) BETWEEN 1 AND 32000)
);

CREATE INDEX messages_by_turn ON messages (user_id, turn_id);
-- For questions about a span of time; the sequence breaks ties.
CREATE INDEX messages_by_creation ON messages (user_id, conversation_id, created_at, seq);
