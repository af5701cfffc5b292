-- What was said of answers that never came to their end is lost.
DROP TABLE partial_answers;
