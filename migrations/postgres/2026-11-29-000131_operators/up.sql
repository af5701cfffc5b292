-- Since when a user is an operator: who may see all users. Only the command makes one.
ALTER TABLE users ADD COLUMN operator_since timestamptz;
