-- The id that the answer of a turn has, or would have had: given out when the turn begins. Turns of the
-- version before have none.
ALTER TABLE turns ADD COLUMN answer_id uuid;
