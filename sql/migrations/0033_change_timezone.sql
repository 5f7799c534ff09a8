-- 0033_change_timezone.sql: a store that was counted by the wrong clock.
-- Hours and days belong to a time zone. Another one before anything was counted is a correction; afterwards
-- somebody has to mean it.
CREATE FUNCTION set_timezone(p_store_id integer, p_timezone text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    present text := (SELECT timezone FROM store WHERE store_id = p_store_id);
BEGIN
    IF present = p_timezone THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM heat_bucket WHERE store_id = p_store_id)
        OR EXISTS (SELECT FROM floor_hour WHERE store_id = p_store_id)
        OR EXISTS (SELECT FROM floor_day WHERE store_id = p_store_id)
    THEN
        RAISE EXCEPTION 'hours and days of store % are counted in %; to count them anew in %, let the database''s '
            'owner run SELECT change_timezone(%, %)', p_store_id, present, p_timezone, p_store_id,
            quote_literal(p_timezone);
    END IF;
    UPDATE store SET timezone = p_timezone WHERE store_id = p_store_id;
END
$$;

COMMENT ON FUNCTION set_timezone(integer, text) IS
    'The time zone of a store by which nothing is counted yet; refuses to change another''s';

-- What was rolled up by the old one becomes zero, and all buckets are rolled up again.
CREATE FUNCTION change_timezone(p_store_id integer, p_timezone text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    f record;
BEGIN
    PERFORM now() AT TIME ZONE p_timezone; -- refuses a name that is none
    IF rollup_horizon(p_store_id) > '-infinity' THEN
        RAISE EXCEPTION 'store % has hours whose buckets were deleted; they cannot be counted anew', p_store_id;
    END IF;
    FOR f IN
        SELECT t.fact, string_agg(format('%I = %s', a.attname,
            CASE WHEN a.atttypid::regtype::text LIKE '%[]' THEN quote_literal('{}')
                WHEN a.atttypid = 'timestamptz'::regtype THEN 'NULL'
                WHEN a.atttypid = 'bytea'::regtype THEN quote_literal('') ELSE '0' END), ', ') AS blank
        FROM fact_table AS t
        JOIN pg_attribute AS a ON a.attrelid = t.fact::regclass AND a.attnum > 0 AND NOT a.attisdropped
        WHERE t.level IN ('hour', 'day')
            AND a.attname NOT IN ('store_id', 'is_open', 'local_date', 'local_hour', 'hour_at', 'hour_end', 'day_at',
                'day_end')
            AND a.attname NOT LIKE '%\_id' AND a.attgenerated = ''
        GROUP BY t.fact
    LOOP
        EXECUTE format('UPDATE %I SET %s WHERE store_id = $1', f.fact, f.blank) USING p_store_id;
    END LOOP;
    UPDATE store SET timezone = p_timezone WHERE store_id = p_store_id;
    -- The hours of the old clock may begin elsewhere: two on the list that are one by the new clock count twice.
    DELETE FROM rollup_hour_pending WHERE store_id = p_store_id;
    -- Rows of an hour that keeps its start would keep the local hour of the old zone.
    FOR f IN SELECT fact, level FROM fact_table WHERE level = 'hour' LOOP
        IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = f.fact::regclass AND attname = 'local_hour') THEN
            EXECUTE format('UPDATE %I AS t SET local_date = h.local_date, local_hour = h.local_hour '
                'FROM (SELECT DISTINCT hour_at AS at FROM %1$I WHERE store_id = $1) AS o '
                'CROSS JOIN LATERAL local_hour(o.at, $2) AS h WHERE t.store_id = $1 AND t.hour_at = o.at',
                f.fact) USING p_store_id, p_timezone;
        END IF;
    END LOOP;
    PERFORM roll_up_again(p_store_id, '-infinity', 'infinity');
END
$$;

COMMENT ON FUNCTION change_timezone(integer, text) IS
    'Count hours and days of a store anew in another time zone; needs all its buckets';
