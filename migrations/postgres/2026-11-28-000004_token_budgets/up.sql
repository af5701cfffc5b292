-- What each user has spent of the provider's tokens on the last day on which they spent any, in UTC.
-- Not a sum over their turns: those go with their conversations.
ALTER TABLE users
    ADD COLUMN tokens_day date,
    ADD COLUMN tokens_spent bigint NOT NULL DEFAULT 0;
