-- Tokens that were signed out are good again until they expire, and disabled accounts are open.
DROP TABLE revoked_tokens;
ALTER TABLE users DROP COLUMN disabled_at, DROP COLUMN token_epoch;
