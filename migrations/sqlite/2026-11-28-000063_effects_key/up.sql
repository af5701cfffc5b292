-- One call may change one task several times. The table is the same but for its key.

CREATE TABLE keyed_effects (
    user_id INTEGER NOT NULL,
    turn_id BLOB NOT NULL,
    step INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    task_id INTEGER NOT NULL,
    before_image TEXT,
    after_image TEXT,
    position INTEGER NOT NULL DEFAULT 1 CHECK (position >= 1),
    PRIMARY KEY (user_id, turn_id, step, ordinal, task_id, position),
    CONSTRAINT effects_call_fkey FOREIGN KEY (user_id, turn_id, step, ordinal)
        REFERENCES tool_calls (user_id, turn_id, step, ordinal) ON DELETE CASCADE,
    CONSTRAINT effects_images_check CHECK (before_image IS NOT NULL OR after_image IS NOT NULL)
) STRICT;

INSERT INTO keyed_effects SELECT
    user_id, turn_id, step, ordinal, task_id, before_image, after_image, position
FROM effects;
DROP TABLE effects;
ALTER TABLE keyed_effects RENAME TO effects;
