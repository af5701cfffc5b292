-- What has ended longest ago is removed first, whosever it is.
CREATE INDEX CONCURRENTLY turns_by_end ON turns (finished_at) WHERE finished_at IS NOT NULL;
