-- Sign-ins of browsers: a family of refresh tokens each, of which only the latest generation is good.
-- The tokens themselves are signed and not kept.
CREATE TABLE refresh_tokens (
    user_id bigint NOT NULL,
    family_id uuid NOT NULL,
    generation bigint NOT NULL,
    rotated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, family_id),
    CONSTRAINT refresh_tokens_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_check CHECK (generation >= 0)
);
