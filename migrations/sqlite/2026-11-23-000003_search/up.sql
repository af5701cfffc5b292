-- Titles and messages in lower case by Unicode's rules, to be searched, as tasks have them. Rows of
-- versions that do not know these columns leave them null: a search then takes the engine's own
-- lower case. A title that such a version changes is found under its former name until it is
-- changed again.

ALTER TABLE conversations ADD COLUMN search_text TEXT;
ALTER TABLE messages ADD COLUMN search_text TEXT;
