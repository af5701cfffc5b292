-- A message outlives the record of its turn, which may be removed when it is old.

ALTER TABLE messages DROP CONSTRAINT messages_turn_fkey;
-- It served that foreign key and nothing else.
DROP INDEX messages_by_turn;
