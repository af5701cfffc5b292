-- A call may change several tasks, and one of them several times: which change came first. Calls of
-- the version before change one task at most.
ALTER TABLE effects ADD COLUMN position INTEGER NOT NULL DEFAULT 1 CHECK (position >= 1);
