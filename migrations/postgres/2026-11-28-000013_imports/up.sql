-- Which import has the account for itself, and until when unless it goes on. The version before does
-- not look: a write of its own amid an import goes with that, should it be undone.
ALTER TABLE users
    ADD COLUMN import_id uuid,
    ADD COLUMN import_lease_until timestamptz,
    ADD CONSTRAINT users_import_check CHECK ((import_id IS NULL) = (import_lease_until IS NULL));
