DROP INDEX CONCURRENTLY effects_by_position;
