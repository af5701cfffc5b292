-- What all users together took is read by day.
CREATE INDEX model_usage_by_day ON model_usage (day, engine, model);
