-- People and their todo lists. Every key leads with the user, so that no statement reaches another
-- user's rows by accident. A primary key's prefix is the index on user_id.
--
-- Instants are microseconds since 1970-01-01T00:00:00Z, days are ISO 8601 text, UUIDs are their 16
-- bytes: each compares as what it stands for.

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL CONSTRAINT users_email_key UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    -- Task numbers are allotted from here and never used again, not even after a deletion.
    last_task_number INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT users_email_check CHECK (length(email) BETWEEN 3 AND 254 AND email NOT GLOB '*[A-Z]*'),
    CONSTRAINT users_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT users_last_task_number_check CHECK (last_task_number >= 0)
) STRICT;

CREATE TABLE tasks (
    user_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    priority INTEGER NOT NULL,
    status INTEGER NOT NULL,
    due_day TEXT,
    due_at INTEGER,
    -- Title and description in lower case by Unicode's rules, written by the service: engines
    -- disagree about what lower case is.
    search_text TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    completed_at INTEGER,
    -- Sort keys are never null, because engines order nulls differently. Tasks without a due date
    -- come last both ways.
    due_first TEXT NOT NULL GENERATED ALWAYS AS (COALESCE(due_day, 'infinity')) STORED,
    due_last TEXT NOT NULL GENERATED ALWAYS AS (COALESCE(due_day, '-infinity')) STORED,
    PRIMARY KEY (user_id, id),
    CONSTRAINT tasks_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT tasks_id_check CHECK (id >= 1),
    CONSTRAINT tasks_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT tasks_description_check CHECK (length(description) BETWEEN 1 AND 2000),
    CONSTRAINT tasks_priority_check CHECK (priority BETWEEN 0 AND 2),
    CONSTRAINT tasks_status_check CHECK (status BETWEEN 0 AND 1),
    CONSTRAINT tasks_completed_check CHECK ((status = 1) = (completed_at IS NOT NULL)),
    CONSTRAINT tasks_due_day_check CHECK (
        due_day BETWEEN '0001-01-01' AND '9999-12-31' AND due_day IS date(due_day)
    ),
    CONSTRAINT tasks_due_at_check CHECK (due_at IS NULL OR due_day IS NOT NULL),
    CONSTRAINT tasks_version_check CHECK (version >= 1),
    CONSTRAINT tasks_updated_check CHECK (updated_at >= created_at)
) STRICT;

-- One index for each order of the list; the id tells equal keys apart.
CREATE INDEX tasks_by_status ON tasks (user_id, status, created_at, id);
CREATE INDEX tasks_by_priority ON tasks (user_id, priority, id);
CREATE INDEX tasks_by_creation ON tasks (user_id, created_at, id);
CREATE INDEX tasks_by_update ON tasks (user_id, updated_at, id);
CREATE INDEX tasks_by_due_first ON tasks (user_id, due_first, id);
CREATE INDEX tasks_by_due_last ON tasks (user_id, due_last, id);
