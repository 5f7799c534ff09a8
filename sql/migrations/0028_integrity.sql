-- 0028_integrity.sql: what foreign keys of facts would have kept, kept otherwise.
CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never deleted, because facts refer to them', TG_TABLE_NAME;
END
$$;

COMMENT ON FUNCTION refuse_delete() IS 'Trigger of dimensions, whose rows are never deleted';

DO $$
DECLARE
    dimension text;
BEGIN
    FOREACH dimension IN ARRAY ARRAY['chain', 'store', 'floor', 'grid', 'definition', 'camera', 'calibration',
        'model', 'footprint', 'camera_set', 'zone', 'zone_cells', 'counting_line', 'walkable', 'opening_hours',
        'opening_exception']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete()',
            dimension || '_never_deleted', dimension);
    END LOOP;
END
$$;

-- Whole tables are read: for a test, or after somebody wrote facts by hand.
CREATE FUNCTION orphan_fact() RETURNS TABLE (fact text, key text, orphans bigint)
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    FOR fact, key, orphans IN
        SELECT f.fact, a.attname::text, 0
        FROM fact_table AS f
        JOIN pg_attribute AS a ON a.attrelid = f.fact::regclass AND a.attnum > 0 AND NOT a.attisdropped
        WHERE a.attname LIKE '%\_id' AND a.attname <> 'store_id'
        ORDER BY f.fact, a.attname
    LOOP
        EXECUTE format('SELECT count(*) FROM %1$I AS f WHERE f.%2$I IS NOT NULL AND NOT EXISTS '
            '(SELECT FROM %3$I AS d WHERE d.store_id = f.store_id AND d.%4$I = f.%2$I)',
            fact, key,
            CASE WHEN key LIKE '%zone_id' THEN 'zone' WHEN key LIKE 'camera_%_id' AND key <> 'camera_set_id' THEN 'camera'
                WHEN key = 'line_id' THEN 'counting_line' ELSE left(key, -3) END,
            CASE WHEN key LIKE '%zone_id' THEN 'zone_id' WHEN key LIKE 'camera_%_id' AND key <> 'camera_set_id'
                THEN 'camera_id' ELSE key END)
            INTO orphans;
        IF orphans > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION orphan_fact() IS 'Facts whose key is in no dimension: none, unless somebody wrote by hand';
