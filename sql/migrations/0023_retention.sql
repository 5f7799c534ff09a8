-- 0023_retention.sql: how long each level is kept, and why nothing goes before it is rolled up.
-- Days are made from hours and hours from buckets, and a late bucket makes its hour anew from all buckets of
-- that hour. So buckets must stay as long as late ones are taken, and hours as long as days are made from
-- them. What goes is remembered as the store's horizon: a bucket from before it is kept as it comes but
-- rolled up no more, for the others of its hour are gone.
CREATE TABLE retention (
    store_id     integer NOT NULL,
    bucket_days  integer,                    -- NULL: for ever
    hour_days    integer,
    day_days     integer,
    bucket_gone  timestamptz NOT NULL DEFAULT '-infinity', -- horizon: buckets before it were deleted
    hour_gone    timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT retention_pkey PRIMARY KEY (store_id),
    CONSTRAINT retention_store_id_fkey FOREIGN KEY (store_id) REFERENCES store (store_id),
    CONSTRAINT retention_bucket_days_check CHECK (bucket_days >= 3),
    CONSTRAINT retention_hour_days_check CHECK (hour_days >= 40 AND hour_days >= coalesce(bucket_days, 40000)),
    CONSTRAINT retention_day_days_check CHECK (day_days >= coalesce(hour_days, 40000))
);

COMMENT ON TABLE retention IS 'How long buckets, hours and days of a store are kept; a store without a row keeps all';

-- The constraints again, in words.
CREATE FUNCTION set_retention(p_store_id integer, p_bucket_days integer, p_hour_days integer, p_day_days integer)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF p_bucket_days < 3 THEN
        RAISE EXCEPTION 'buckets must be kept for 3 days at least: late ones of yesterday are rolled up with them';
    ELSIF p_hour_days < 40 THEN
        RAISE EXCEPTION 'hours must be kept for 40 days at least: days are rolled up from them';
    ELSIF p_hour_days IS NOT NULL AND p_hour_days < coalesce(p_bucket_days, 40000) THEN
        RAISE EXCEPTION 'hours (% days) must be kept as long as buckets (%)', p_hour_days,
            coalesce(p_bucket_days || ' days', 'for ever');
    ELSIF p_day_days IS NOT NULL AND p_day_days < coalesce(p_hour_days, 40000) THEN
        RAISE EXCEPTION 'days (% days) must be kept as long as hours (%)', p_day_days,
            coalesce(p_hour_days || ' days', 'for ever');
    END IF;
    INSERT INTO retention AS r (store_id, bucket_days, hour_days, day_days)
    VALUES (p_store_id, p_bucket_days, p_hour_days, p_day_days)
    ON CONFLICT (store_id) DO UPDATE SET bucket_days = excluded.bucket_days, hour_days = excluded.hour_days,
        day_days = excluded.day_days
    WHERE (r.bucket_days, r.hour_days, r.day_days)
        IS DISTINCT FROM (excluded.bucket_days, excluded.hour_days, excluded.day_days);
END
$$;

COMMENT ON FUNCTION set_retention(integer, integer, integer, integer) IS
    'Days to keep buckets, hours, days of a store, NULL for ever; refuses what roll-ups could not work with';

-- Before this nothing is rolled up any more.
CREATE FUNCTION rollup_horizon(p_store_id integer) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT coalesce((SELECT bucket_gone FROM retention WHERE store_id = p_store_id), '-infinity')
$$;

COMMENT ON FUNCTION rollup_horizon(integer) IS 'Buckets of this store before this time were deleted by retention';

-- Rows of a store before a time, from one table. A partition in which nothing else is left is dropped, which
-- gives its space back at once.
CREATE FUNCTION delete_facts(p_fact text, p_store_id integer, p_before timestamptz) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    f fact_table%ROWTYPE;
    part record;
    low text;
    whole text;
    all_of_it boolean;
    deleted bigint := 0;
    n bigint;
BEGIN
    SELECT * INTO STRICT f FROM fact_table WHERE fact = p_fact;
    low := CASE f.time_column WHEN 'local_date' THEN (p_before AT TIME ZONE 'UTC')::date::text
        ELSE p_before::text END;
    FOR part IN
        SELECT c.oid::regclass AS name, c.relname
        FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = f.fact::regclass
        ORDER BY c.relname
    LOOP
        whole := 'SELECT NOT EXISTS (SELECT FROM %s WHERE NOT (store_id = $1 AND %I < %L))';
        EXECUTE format(whole, part.name, f.time_column, low) INTO all_of_it USING p_store_id;
        IF all_of_it AND part.relname <> f.fact || '_default' THEN
            EXECUTE format('SELECT count(*) FROM %s', part.name) INTO n;
            CONTINUE WHEN n = 0;
            -- Another store's writer may be at it just now.
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part.name);
            EXECUTE format(whole, part.name, f.time_column, low) INTO all_of_it USING p_store_id;
            IF all_of_it THEN
                EXECUTE format('DROP TABLE %s', part.name);
                deleted := deleted + n;
                CONTINUE;
            END IF;
        END IF;
        EXECUTE format('DELETE FROM %s WHERE store_id = $1 AND %I < %L', part.name, f.time_column, low)
            USING p_store_id;
        GET DIAGNOSTICS n = ROW_COUNT;
        deleted := deleted + n;
    END LOOP;
    RETURN deleted;
END
$$;

COMMENT ON FUNCTION delete_facts(text, integer, timestamptz) IS
    'Delete rows of a store from one fact table and drop partitions that become empty; returns the rows';

-- What is on a list of roll_up() is not rolled up yet and stays, with all that is younger.
CREATE FUNCTION apply_retention(p_store_id integer, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
SET lock_timeout TO '5s'
AS $$
DECLARE
    r retention%ROWTYPE;
    pending_hour timestamptz;
    pending_day timestamptz;
    before timestamptz;
    deleted bigint := 0;
    f text;
BEGIN
    SELECT * INTO r FROM retention WHERE store_id = p_store_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    SELECT min(hour_at) INTO pending_hour FROM rollup_hour_pending
    WHERE store_id = p_store_id AND hour_at >= r.bucket_gone;
    SELECT min(local_date)::timestamp AT TIME ZONE 'UTC' - interval '16 hours' INTO pending_day
    FROM rollup_day_pending WHERE store_id = p_store_id;

    IF r.bucket_days IS NOT NULL THEN
        -- Whole local days of any zone, so that no hour is cut.
        before := least(date_trunc('day', p_now - r.bucket_days * interval '1 day', 'UTC'), pending_hour,
            pending_day);
        before := least(before, (SELECT h.hour_at FROM store AS s
            CROSS JOIN LATERAL local_hour(before, s.timezone) AS h WHERE s.store_id = p_store_id));
        IF before > r.bucket_gone THEN
            FOR f IN SELECT fact FROM fact_table WHERE level = 'bucket' ORDER BY fact LOOP
                deleted := deleted + delete_facts(f, p_store_id, before);
            END LOOP;
            DELETE FROM rollup_hour_pending WHERE store_id = p_store_id AND hour_at < before;
            UPDATE retention SET bucket_gone = before WHERE store_id = p_store_id;
        END IF;
    END IF;

    IF r.hour_days IS NOT NULL THEN
        before := least(date_trunc('day', p_now - r.hour_days * interval '1 day', 'UTC'), pending_hour,
            pending_day);
        before := least(before, (SELECT y.day_at FROM store AS s
            CROSS JOIN LATERAL local_day((before AT TIME ZONE s.timezone)::date, s.timezone) AS y
            WHERE s.store_id = p_store_id));
        IF before > r.hour_gone THEN
            FOR f IN SELECT fact FROM fact_table WHERE level = 'hour' ORDER BY fact LOOP
                deleted := deleted + delete_facts(f, p_store_id, before);
            END LOOP;
            UPDATE retention SET hour_gone = before WHERE store_id = p_store_id;
        END IF;
    END IF;

    IF r.day_days IS NOT NULL THEN
        before := date_trunc('day', p_now - r.day_days * interval '1 day', 'UTC');
        FOR f IN SELECT fact FROM fact_table WHERE level = 'day' ORDER BY fact LOOP
            deleted := deleted + delete_facts(f, p_store_id, before);
        END LOOP;
    END IF;
    RETURN deleted;
END
$$;

COMMENT ON FUNCTION apply_retention(integer, timestamptz) IS
    'Delete what a store need not keep any more; returns how many rows went';

-- The writer may have deleted what is old, and does not say when that is.
CREATE FUNCTION apply_retention(p_store_id integer) RETURNS bigint
LANGUAGE sql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
SELECT apply_retention(p_store_id, now())
$$;

COMMENT ON FUNCTION apply_retention(integer) IS 'Delete what a store need not keep any more today';
