-- An import that goes on leaves what it has written.
ALTER TABLE users
    DROP CONSTRAINT users_import_check,
    DROP COLUMN import_lease_until,
    DROP COLUMN import_id;
