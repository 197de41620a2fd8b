-- record: every record that arrived, whatever became of it (outcome), with where it came from.
-- In:  stored.usage, stored.aside: the lake's columns (cdr/schema.py, RATED_SCHEMA).
-- Out: instants in TIMESTAMPTZ, *_ms milliseconds, *_micros micros of a yuan.
CREATE VIEW record AS
SELECT * FROM stored.usage
UNION ALL BY NAME
SELECT * FROM stored.aside
