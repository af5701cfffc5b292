-- An import that goes on leaves what it has written.
ALTER TABLE users DROP COLUMN import_lease_until;
ALTER TABLE users DROP COLUMN import_id;
