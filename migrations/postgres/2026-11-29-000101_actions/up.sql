-- What turns ask their users before they do it, and how that was decided. The row of a turn that waits
-- says that it was interrupted, so that the version before can go on with it: it waits as long as its
-- action of the same attempt is not over.
CREATE TABLE actions (
    user_id bigint NOT NULL,
    id uuid NOT NULL,
    turn_id uuid NOT NULL,
    attempt integer NOT NULL,
    step integer NOT NULL,
    expires_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    -- The calls that wait, with the tasks that they would delete: JSON, never searched.
    calls text NOT NULL,
    -- Until it is over: nothing.
    decision text,
    -- The turn that goes on with the decision.
    decided_turn_id uuid,
    PRIMARY KEY (user_id, id),
    CONSTRAINT actions_turn_fkey FOREIGN KEY (user_id, turn_id)
        REFERENCES turns (user_id, id) ON DELETE CASCADE,
    CONSTRAINT actions_attempt_check CHECK (attempt >= 1),
    CONSTRAINT actions_step_check CHECK (step >= 1),
    CONSTRAINT actions_decision_check CHECK (decision IN ('approved', 'rejected', 'closed')),
    CONSTRAINT actions_decided_check
        CHECK ((decided_turn_id IS NOT NULL) = (coalesce(decision, 'closed') <> 'closed'))
);

-- For the deletion of turns, and to tell which of them wait.
CREATE INDEX actions_by_turn ON actions (user_id, turn_id);
-- Those that are not over, few of a user's.
CREATE INDEX actions_waiting ON actions (user_id) WHERE decision IS NULL;
