DROP TABLE effects;
DROP TABLE tool_calls;
DROP TABLE turn_steps;
