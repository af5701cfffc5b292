-- What was recorded of turns that are gone since goes with it.
DROP TABLE model_usage;
