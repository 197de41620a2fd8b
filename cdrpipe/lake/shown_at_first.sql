-- stored.shown where no rating version is in force: each call as it was rated at first. It is a
-- statement of its own because shown.sql would read six columns more of every call.
-- In:  stored.usage. Out: the columns of RATED_SCHEMA.
CREATE VIEW stored.shown AS
SELECT * FROM stored.usage
