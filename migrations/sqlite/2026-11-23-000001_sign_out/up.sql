-- Which access tokens are good: those of their user's epoch that were not signed out one by one,
-- as long as the account is not disabled.

-- Rises when the user signs out everywhere, which makes all earlier tokens void.
ALTER TABLE users ADD COLUMN token_epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN disabled_at INTEGER;

CREATE TABLE revoked_tokens (
    user_id INTEGER NOT NULL,
    token_id BLOB NOT NULL,
    -- From then on the token is void anyway, and the row goes with the next one that comes.
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, token_id),
    CONSTRAINT revoked_tokens_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
