-- Where one call changed one task several times, only the last change is kept.
DELETE FROM effects WHERE EXISTS (
    SELECT 1 FROM effects AS later
    WHERE later.user_id = effects.user_id AND later.turn_id = effects.turn_id
      AND later.step = effects.step AND later.ordinal = effects.ordinal
      AND later.task_id = effects.task_id AND later.position > effects.position
);
ALTER TABLE effects DROP CONSTRAINT effects_pkey;
ALTER TABLE effects ADD CONSTRAINT effects_pkey PRIMARY KEY (user_id, turn_id, step, ordinal, task_id);
CREATE UNIQUE INDEX effects_by_position ON effects (user_id, turn_id, step, ordinal, task_id, position);
