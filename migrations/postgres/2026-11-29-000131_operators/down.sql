-- Nobody is an operator any more.
ALTER TABLE users DROP COLUMN operator_since;
