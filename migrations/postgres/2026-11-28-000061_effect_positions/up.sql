-- A call may change several tasks, and one of them several times: which change came first. Calls of
-- the version before change one task at most.
ALTER TABLE effects ADD COLUMN position integer NOT NULL DEFAULT 1;
-- Not validated, which would read the whole table under a lock: every row has the default.
ALTER TABLE effects ADD CONSTRAINT effects_position_check CHECK (position >= 1) NOT VALID;
