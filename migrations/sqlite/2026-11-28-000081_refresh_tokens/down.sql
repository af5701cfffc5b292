-- Browsers are signed out.
DROP TABLE refresh_tokens;
