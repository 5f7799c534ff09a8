-- 0010_partition.sql: monthly partitions of the fact tables, made ahead.
-- A missing one loses nothing: the default partition takes the rows, and they move when it is made.
CREATE FUNCTION ensure_heat_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql
-- Attaching locks the default partition; where a long reader holds it, the next bucket tries again.
SET lock_timeout TO '5s'
AS $$
DECLARE
    fact text;
    month_start date;
    month_end date;
    partition_name text;
    made integer := 0;
BEGIN
    IF last_day < first_day OR last_day - first_day > 3660 THEN
        RAISE EXCEPTION 'ensure_heat_partitions: % to % is no range of at most ten years',
            first_day, last_day;
    END IF;
    -- In the order in which a bucket is written, so that the two cannot lock each other out.
    FOREACH fact IN ARRAY
        ARRAY['heat_bucket', 'exposure', 'camera_bucket', 'pair_residual_bucket']
    LOOP
        month_start := date_trunc('month', first_day::timestamp)::date;
        WHILE month_start <= last_day LOOP
            month_end := (month_start + interval '1 month')::date;
            partition_name := fact || to_char(month_start, '_YYYY_MM');
            IF to_regclass(quote_ident(partition_name)) IS NULL THEN
                PERFORM pg_advisory_xact_lock(hashtext('floorfuse'), hashtext('partition'));
            END IF;
            IF to_regclass(quote_ident(partition_name)) IS NULL THEN
                EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', fact || '_default');
                EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', partition_name, fact);
                EXECUTE format(
                    'WITH moved AS (DELETE FROM %I WHERE bucket_at >= %L AND bucket_at < %L '
                    'RETURNING *) INSERT INTO %I SELECT * FROM moved',
                    fact || '_default', month_start::timestamp AT TIME ZONE 'UTC',
                    month_end::timestamp AT TIME ZONE 'UTC', partition_name);
                EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                    fact, partition_name, month_start::timestamp AT TIME ZONE 'UTC',
                    month_end::timestamp AT TIME ZONE 'UTC');
                EXECUTE format('COMMENT ON TABLE %I IS %L', partition_name,
                    fact || ' of ' || to_char(month_start, 'YYYY-MM') || ', UTC');
                made := made + 1;
            END IF;
            month_start := month_end;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

COMMENT ON FUNCTION ensure_heat_partitions(date, date) IS
    'Make the monthly partitions (UTC) of the fact tables for a range of days; returns how many were made';
