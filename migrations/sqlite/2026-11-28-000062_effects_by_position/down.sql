DROP INDEX effects_by_position;
