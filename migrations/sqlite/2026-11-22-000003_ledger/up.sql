-- What models asked for and what came of it: enough to replay a turn and to undo it.
--
-- JSON is kept as text; nothing here is ever searched by its content.

CREATE TABLE turn_steps (
    user_id INTEGER NOT NULL,
    turn_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    plan TEXT,
    reasoning TEXT,
    engine TEXT NOT NULL,
    model TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, turn_id, number),
    CONSTRAINT turn_steps_turn_fkey FOREIGN KEY (user_id, turn_id)
        REFERENCES turns (user_id, id) ON DELETE CASCADE,
    CONSTRAINT turn_steps_number_check CHECK (number >= 1),
    CONSTRAINT turn_steps_tokens_check CHECK (input_tokens >= 0 AND output_tokens >= 0)
) STRICT;

CREATE TABLE tool_calls (
    user_id INTEGER NOT NULL,
    turn_id BLOB NOT NULL,
    step INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    call_id TEXT NOT NULL,
    name TEXT NOT NULL,
    -- As the model wrote them, which need not be JSON.
    arguments TEXT NOT NULL,
    -- The kind of outcome and whatever of it is not in the call's effects.
    outcome TEXT NOT NULL,
    duration_us INTEGER NOT NULL,
    PRIMARY KEY (user_id, turn_id, step, ordinal),
    CONSTRAINT tool_calls_step_fkey FOREIGN KEY (user_id, turn_id, step)
        REFERENCES turn_steps (user_id, turn_id, number) ON DELETE CASCADE,
    CONSTRAINT tool_calls_ordinal_check CHECK (ordinal >= 1),
    CONSTRAINT tool_calls_duration_check CHECK (duration_us >= 0)
) STRICT;

-- The tasks a call changed, as they were and as they became. No foreign key to tasks: a task may
-- be gone, and its image is what an undo brings back.
CREATE TABLE effects (
    user_id INTEGER NOT NULL,
    turn_id BLOB NOT NULL,
    step INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    task_id INTEGER NOT NULL,
    before_image TEXT,
    after_image TEXT,
    PRIMARY KEY (user_id, turn_id, step, ordinal, task_id),
    CONSTRAINT effects_call_fkey FOREIGN KEY (user_id, turn_id, step, ordinal)
        REFERENCES tool_calls (user_id, turn_id, step, ordinal) ON DELETE CASCADE,
    CONSTRAINT effects_images_check CHECK (before_image IS NOT NULL OR after_image IS NOT NULL)
) STRICT;
