DROP INDEX model_usage_by_day;
