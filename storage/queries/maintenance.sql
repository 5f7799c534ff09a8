-- maintenance.sql: what the writer has the database do beside writing: once a month, or with nothing to write.

-- partitions_ensure: make partitions
-- Those of the bucket's month and the next.
SELECT ensure_partitions(d.day, (d.day + interval '1 month')::date)
FROM (SELECT ($1::timestamptz AT TIME ZONE 'UTC')::date AS day) AS d;

-- roll_up: roll buckets up
SELECT roll_up($1::integer);

-- retention_apply: delete what is kept no longer
SELECT apply_retention($1::integer);
