-- For finding imports whose lease is over.
CREATE INDEX imports_by_lease ON users (import_lease_until)
    WHERE import_lease_until IS NOT NULL;
