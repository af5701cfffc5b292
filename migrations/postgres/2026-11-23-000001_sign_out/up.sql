-- Which access tokens are good: those of their user's epoch that were not signed out one by one,
-- as long as the account is not disabled.

ALTER TABLE users
    -- Rises when the user signs out everywhere, which makes all earlier tokens void.
    ADD COLUMN token_epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN disabled_at timestamptz;

CREATE TABLE revoked_tokens (
    user_id bigint NOT NULL,
    token_id uuid NOT NULL,
    -- From then on the token is void anyway, and the row goes with the next one that comes.
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, token_id),
    CONSTRAINT revoked_tokens_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
