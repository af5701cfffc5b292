ALTER TABLE messages DROP COLUMN search_text;
ALTER TABLE conversations DROP COLUMN search_text;
