-- contact.sql: what a writer says about its store when it connects.

-- timezone_check: look up the time zone
SELECT now() AT TIME ZONE $1::text;

-- chain_put: write the chain
INSERT INTO chain (chain) VALUES ($1)
ON CONFLICT (chain) DO NOTHING;

-- store_clash: look up the store
-- The key is a hash or was allotted by hand: both can go wrong.
SELECT store_id, chain, store
FROM store
WHERE (store_id = $1::integer) <> (chain = $2 AND store = $3);

-- store_put: write the store
INSERT INTO store (store_id, chain, store, timezone)
VALUES ($1::integer, $2, $3, $4)
ON CONFLICT (store_id) DO NOTHING;

-- timezone_set: write the store's time zone
SELECT set_timezone($1::integer, $2);

-- definition_key: write the definition
-- The way of counting that the writer's facts refer to; looks first and inserts what is missing, as dimension.sql does.
WITH wanted AS (
    SELECT $1::integer AS store_id, $2::integer AS bucket_s, $3::integer AS visit_s, $4::double precision AS cell_m,
        $5::double precision AS zone_hysteresis_m
), found AS (
    SELECT definition_id
    FROM definition
    JOIN wanted USING (store_id, bucket_s, visit_s, cell_m, zone_hysteresis_m)
), made AS (
    INSERT INTO definition (store_id, bucket_s, visit_s, cell_m, zone_hysteresis_m)
    SELECT store_id, bucket_s, visit_s, cell_m, zone_hysteresis_m
    FROM wanted
    WHERE NOT EXISTS (SELECT FROM found)
    ON CONFLICT DO NOTHING
    RETURNING definition_id
)
SELECT coalesce((SELECT definition_id FROM found), (SELECT definition_id FROM made));

-- opening_put: write the opening hours
SELECT put_opening($1::integer, $2::jsonb, $3::jsonb);

-- retention_set: write how long facts are kept
-- 0 days are for ever.
SELECT set_retention($1::integer, nullif($2::integer, 0), nullif($3::integer, 0), nullif($4::integer, 0));
