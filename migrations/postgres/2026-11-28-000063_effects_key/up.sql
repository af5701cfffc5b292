-- One call may change one task several times.
ALTER TABLE effects DROP CONSTRAINT effects_pkey;
ALTER TABLE effects ADD CONSTRAINT effects_pkey PRIMARY KEY USING INDEX effects_by_position;
