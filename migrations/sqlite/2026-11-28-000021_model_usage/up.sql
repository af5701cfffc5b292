-- What each user took of each model on each day, in UTC. Not a sum over their turns: those go with
-- their conversations, and when they are old. It takes the place of users.tokens_day and
-- users.tokens_spent, which the version before still writes.
CREATE TABLE model_usage (
    user_id INTEGER NOT NULL,
    day TEXT NOT NULL,
    engine TEXT NOT NULL,
    model TEXT NOT NULL,
    -- Answers of the model.
    calls INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (user_id, day, engine, model),
    CONSTRAINT model_usage_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT model_usage_check CHECK (calls >= 0 AND input_tokens >= 0 AND output_tokens >= 0)
) STRICT;

-- What the turns that are there took: an answer for each step, and the one that ended it.
INSERT INTO model_usage
SELECT turns.user_id, date(started_at / 1000000, 'unixepoch'), engine, model,
    sum(CASE status WHEN 'completed' THEN 1 ELSE 0 END + coalesce(steps.number, 0)),
    sum(input_tokens), sum(output_tokens)
FROM turns
LEFT JOIN (
    SELECT user_id, turn_id, count(*) AS number FROM turn_steps GROUP BY user_id, turn_id
) AS steps ON steps.user_id = turns.user_id AND steps.turn_id = turns.id
WHERE engine IS NOT NULL
GROUP BY 1, 2, 3, 4;
