-- The tags of a task in one text with a comma before, between and after them, as in `,home,work,`:
-- a task that has a tag is one LIKE away, and a task is still read in one row.
ALTER TABLE tasks ADD COLUMN tags text NOT NULL DEFAULT '';

-- Ten tags of 30 characters, and eleven commas. The rows there are have no tags: nobody needs to
-- look at them while everyone waits for the table.
ALTER TABLE tasks ADD CONSTRAINT tasks_tags_check
    CHECK (tags = '' OR (tags LIKE ',%,' AND char_length(tags) <= 311)) NOT VALID;
