-- People and their todo lists. Every key leads with the user, so that no statement reaches another
-- user's rows by accident. A primary key's prefix is the index on user_id.

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL CONSTRAINT users_email_key UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    time_zone text NOT NULL,
    -- Task numbers are allotted from here and never used again, not even after a deletion.
    last_task_number bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_email_check CHECK (char_length(email) BETWEEN 3 AND 254 AND email !~ '[A-Z]'),
    CONSTRAINT users_name_check CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT users_last_task_number_check CHECK (last_task_number >= 0)
);

CREATE TABLE tasks (
    user_id bigint NOT NULL,
    id bigint NOT NULL,
    title text NOT NULL,
    description text,
    priority smallint NOT NULL,
    status smallint NOT NULL,
    due_day date,
    due_at timestamptz,
    -- Title and description in lower case by Unicode's rules, written by the service: engines
    -- disagree about what lower case is.
    search_text text NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    completed_at timestamptz,
    -- Sort keys are never null, because engines order nulls differently. Tasks without a due date
    -- come last both ways.
    due_first date NOT NULL GENERATED ALWAYS AS (COALESCE(due_day, DATE 'infinity')) STORED,
    due_last date NOT NULL GENERATED ALWAYS AS (COALESCE(due_day, DATE '-infinity')) STORED,
    PRIMARY KEY (user_id, id),
    CONSTRAINT tasks_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT tasks_id_check CHECK (id >= 1),
    CONSTRAINT tasks_title_check CHECK (char_length(title) BETWEEN 1 AND 200),
    CONSTRAINT tasks_description_check CHECK (char_length(description) BETWEEN 1 AND 2000),
    CONSTRAINT tasks_priority_check CHECK (priority BETWEEN 0 AND 2),
    CONSTRAINT tasks_status_check CHECK (status BETWEEN 0 AND 1),
    CONSTRAINT tasks_completed_check CHECK ((status = 1) = (completed_at IS NOT NULL)),
    CONSTRAINT tasks_due_day_check CHECK (due_day BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'),
    CONSTRAINT tasks_due_at_check CHECK (due_at IS NULL OR due_day IS NOT NULL),
    CONSTRAINT tasks_version_check CHECK (version >= 1),
    CONSTRAINT tasks_updated_check CHECK (updated_at >= created_at)
);

-- One index for each order of the list; the id tells equal keys apart.
CREATE INDEX tasks_by_status ON tasks (user_id, status, created_at, id);
CREATE INDEX tasks_by_priority ON tasks (user_id, priority, id);
CREATE INDEX tasks_by_creation ON tasks (user_id, created_at, id);
CREATE INDEX tasks_by_update ON tasks (user_id, updated_at, id);
CREATE INDEX tasks_by_due_first ON tasks (user_id, due_first, id);
CREATE INDEX tasks_by_due_last ON tasks (user_id, due_last, id);
