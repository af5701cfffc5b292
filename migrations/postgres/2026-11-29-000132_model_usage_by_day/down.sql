DROP INDEX CONCURRENTLY model_usage_by_day;
