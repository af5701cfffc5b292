-- The tags of a task in one text with a comma before, between and after them, as in `,home,work,`:
-- a task that has a tag is one LIKE away, and a task is still read in one row. There are ten tags of
-- 30 characters, and eleven commas, at most.
ALTER TABLE tasks ADD COLUMN tags TEXT NOT NULL DEFAULT ''
    CONSTRAINT tasks_tags_check CHECK (tags = '' OR (tags LIKE ',%,' AND length(tags) <= 311));
