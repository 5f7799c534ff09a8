-- 0016_fact_table.sql: a list of the fact tables, so that partitions, retention, rights and replication
-- need no lists of their own.
CREATE TABLE fact_table (
    fact        text NOT NULL,               -- name of the table
    level       text NOT NULL,               -- how long the time is that a row stands for
    time_column text NOT NULL,               -- its start; what the table is partitioned by
    months      integer NOT NULL,            -- of one partition
    CONSTRAINT fact_table_pkey PRIMARY KEY (fact),
    CONSTRAINT fact_table_level_check CHECK (level IN ('bucket', 'hour', 'day')),
    CONSTRAINT fact_table_months_check CHECK (months IN (1, 12))
);

COMMENT ON TABLE fact_table IS 'Tables of facts: what they are about, in which time, partitioned how';

INSERT INTO fact_table (fact, level, time_column, months) VALUES
    ('heat_bucket', 'bucket', 'bucket_at', 1),
    ('exposure', 'bucket', 'bucket_at', 1),
    ('camera_bucket', 'bucket', 'bucket_at', 1),
    ('pair_residual_bucket', 'bucket', 'bucket_at', 1);

-- For migrations that bring a new one: list it and give it its default partition.
CREATE FUNCTION register_fact(p_fact text, p_level text, p_time_column text, p_months integer)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO fact_table (fact, level, time_column, months)
    VALUES (p_fact, p_level, p_time_column, p_months);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', p_fact || '_default', p_fact);
    EXECUTE format('COMMENT ON TABLE %I IS %L', p_fact || '_default',
        'Rows of ' || p_fact || ' whose month or year has no partition of its own yet');
END
$$;

COMMENT ON FUNCTION register_fact(text, text, text, integer) IS
    'For migrations: list a fact table and make its default partition';

-- The partition that holds a day. Locks the default partition for a moment and moves what belongs here.
CREATE FUNCTION ensure_partition(p_fact text, p_day date) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    f fact_table%ROWTYPE;
    first_day date;
    end_day date;
    name text;
    low text;
    high text;
BEGIN
    SELECT * INTO STRICT f FROM fact_table WHERE fact = p_fact;
    first_day := date_trunc(CASE f.months WHEN 1 THEN 'month' ELSE 'year' END, p_day::timestamp)::date;
    end_day := (first_day + f.months * interval '1 month')::date;
    name := f.fact || to_char(first_day, CASE f.months WHEN 1 THEN '_YYYY_MM' ELSE '_YYYY' END);
    IF to_regclass(quote_ident(name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('floorfuse'), hashtext('partition'));
    IF to_regclass(quote_ident(name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    low := CASE f.time_column WHEN 'local_date' THEN first_day::text
        ELSE (first_day::timestamp AT TIME ZONE 'UTC')::text END;
    high := CASE f.time_column WHEN 'local_date' THEN end_day::text
        ELSE (end_day::timestamp AT TIME ZONE 'UTC')::text END;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', f.fact || '_default');
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, f.fact);
    EXECUTE format('WITH moved AS (DELETE FROM %1$I WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING *) '
        'INSERT INTO %5$I (%6$s) SELECT %6$s FROM moved', f.fact || '_default', f.time_column, low, high, name,
        (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = f.fact::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''));
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', f.fact, name,
        low, high);
    EXECUTE format('COMMENT ON TABLE %I IS %L', name, f.fact || ' from ' || first_day || ', UTC');
    RETURN true;
END
$$;

COMMENT ON FUNCTION ensure_partition(text, date) IS
    'Make the partition of a fact table that holds a day (UTC); says whether it was missing';

DROP FUNCTION ensure_heat_partitions(date, date);

CREATE FUNCTION ensure_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql
-- The writer may have partitions made although it owns no table.
SECURITY DEFINER
SET search_path FROM CURRENT
-- Attaching locks the default partition; where a long reader holds it, the writer tries again some minutes later.
SET lock_timeout TO '5s'
AS $$
DECLARE
    made integer;
BEGIN
    IF last_day < first_day OR last_day - first_day > 3660 THEN
        RAISE EXCEPTION 'ensure_partitions: % to % is no range of at most ten years',
            first_day, last_day;
    END IF;
    SELECT count(*) FILTER (WHERE ensure_partition(w.fact, w.day)) INTO made
    FROM (
        -- By name, always in the same order, so that two sessions cannot lock each other out.
        SELECT f.fact, month::date AS day
        FROM fact_table AS f
        CROSS JOIN generate_series(date_trunc('month', first_day::timestamp), last_day::timestamp,
            interval '1 month') AS month
        ORDER BY f.fact, month
        OFFSET 0
    ) AS w;
    RETURN made;
END
$$;

COMMENT ON FUNCTION ensure_partitions(date, date) IS
    'Make the partitions of all fact tables for a range of days (UTC); returns how many were made';

-- Facts have no foreign keys (see 0015).
ALTER TABLE camera_bucket DROP CONSTRAINT camera_bucket_camera_id_fkey;
ALTER TABLE camera_bucket DROP CONSTRAINT camera_bucket_calibration_id_fkey;
ALTER TABLE exposure DROP CONSTRAINT exposure_camera_set_id_fkey;
ALTER TABLE pair_residual_bucket DROP CONSTRAINT pair_residual_bucket_camera_a_id_fkey;
ALTER TABLE pair_residual_bucket DROP CONSTRAINT pair_residual_bucket_camera_b_id_fkey;
