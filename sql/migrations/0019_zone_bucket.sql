-- 0019_zone_bucket.sql: what happened in zones, on lines and between zones in one bucket.
CREATE TABLE zone_bucket (
    store_id      integer NOT NULL,
    zone_id       integer NOT NULL,
    bucket_at     timestamptz NOT NULL,      -- start, UTC
    definition_id integer NOT NULL,
    visits        integer NOT NULL,          -- stays that reached visit_s in this bucket
    entries       integer NOT NULL,
    exits         integer NOT NULL,
    peak_people   integer NOT NULL,          -- most at one tick
    dwell_ms      bigint NOT NULL,           -- person-milliseconds
    exposure_ms   bigint NOT NULL,           -- how long the zone was seen, weighed by the part of it
    CONSTRAINT zone_bucket_pkey PRIMARY KEY (store_id, zone_id, bucket_at)
) PARTITION BY RANGE (bucket_at);

COMMENT ON TABLE zone_bucket IS 'What happened in one zone in one bucket';

CREATE TABLE line_bucket (
    store_id      integer NOT NULL,
    line_id       integer NOT NULL,
    bucket_at     timestamptz NOT NULL,
    left_to_right integer NOT NULL,          -- crossings, as one walks from its first corner to its last
    right_to_left integer NOT NULL,
    CONSTRAINT line_bucket_pkey PRIMARY KEY (store_id, line_id, bucket_at)
) PARTITION BY RANGE (bucket_at);

COMMENT ON TABLE line_bucket IS 'How often one line was crossed in one bucket';

-- Only what happened: two zones between which nobody went have no row.
CREATE TABLE flow_bucket (
    store_id     integer NOT NULL,
    from_zone_id integer NOT NULL,
    to_zone_id   integer NOT NULL,
    bucket_at    timestamptz NOT NULL,
    people       integer NOT NULL,           -- who entered to_zone next after from_zone
    CONSTRAINT flow_bucket_pkey PRIMARY KEY (store_id, from_zone_id, to_zone_id, bucket_at)
) PARTITION BY RANGE (bucket_at);

COMMENT ON TABLE flow_bucket IS 'How many people went from one zone to another, counted where they arrive';

SELECT register_fact('zone_bucket', 'bucket', 'bucket_at', 1),
    register_fact('line_bucket', 'bucket', 'bucket_at', 1),
    register_fact('flow_bucket', 'bucket', 'bucket_at', 1);

-- Zones are counted by more than visit_s. A row never changes, but may get a column.
ALTER TABLE definition DROP CONSTRAINT definition_values_key;
ALTER TABLE definition ADD COLUMN zone_hysteresis_m double precision NOT NULL DEFAULT 0.3;
ALTER TABLE definition ADD CONSTRAINT definition_values_key
    UNIQUE (store_id, bucket_s, visit_s, cell_m, zone_hysteresis_m);
