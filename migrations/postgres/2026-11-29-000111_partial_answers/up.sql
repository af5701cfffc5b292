-- What had been said of an answer when its turn was stopped or failed.
CREATE TABLE partial_answers (
    user_id bigint NOT NULL,
    turn_id uuid NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (user_id, turn_id),
    CONSTRAINT partial_answers_turn_fkey FOREIGN KEY (user_id, turn_id)
        REFERENCES turns (user_id, id) ON DELETE CASCADE,
    CONSTRAINT partial_answers_body_check CHECK (char_length(body) BETWEEN 1 AND 32000)
);
