-- Where one call changed one task several times, only the last change is kept.
DELETE FROM effects WHERE EXISTS (
    SELECT 1 FROM effects AS later
    WHERE later.user_id = effects.user_id AND later.turn_id = effects.turn_id
      AND later.step = effects.step AND later.ordinal = effects.ordinal
      AND later.task_id = effects.task_id AND later.position > effects.position
);

CREATE TABLE keyed_effects (
    user_id INTEGER NOT NULL,
    turn_id BLOB NOT NULL,
    step INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    task_id INTEGER NOT NULL,
    before_image TEXT,
    after_image TEXT,
    position INTEGER NOT NULL DEFAULT 1 CHECK (position >= 1),
    PRIMARY KEY (user_id, turn_id, step, ordinal, task_id),
    CONSTRAINT effects_call_fkey FOREIGN KEY (user_id, turn_id, step, ordinal)
        REFERENCES tool_calls (user_id, turn_id, step, ordinal) ON DELETE CASCADE,
    CONSTRAINT effects_images_check CHECK (before_image IS NOT NULL OR after_image IS NOT NULL)
) STRICT;

INSERT INTO keyed_effects SELECT
    user_id, turn_id, step, ordinal, task_id, before_image, after_image, position
FROM effects;
DROP TABLE effects;
ALTER TABLE keyed_effects RENAME TO effects;

CREATE UNIQUE INDEX effects_by_position ON effects (user_id, turn_id, step, ordinal, task_id, position);
