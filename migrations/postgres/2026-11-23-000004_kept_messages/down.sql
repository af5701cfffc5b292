-- A message whose turn was removed gets an empty one again: what was done in it is lost.
INSERT INTO turns (user_id, id, conversation_id, status, attempt, lease_until, started_at, finished_at)
    SELECT user_id, turn_id, conversation_id,
           CASE WHEN bool_or(role = 'assistant') THEN 'completed' ELSE 'interrupted' END,
           1, min(created_at), min(created_at), max(created_at)
    FROM messages
    WHERE NOT EXISTS (
        SELECT FROM turns WHERE turns.user_id = messages.user_id AND turns.id = messages.turn_id
    )
    GROUP BY user_id, turn_id, conversation_id;

CREATE INDEX messages_by_turn ON messages (user_id, turn_id);
ALTER TABLE messages ADD CONSTRAINT messages_turn_fkey FOREIGN KEY (user_id, turn_id)
    REFERENCES turns (user_id, id) ON DELETE CASCADE;
