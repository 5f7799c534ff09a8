-- 0021_hour_and_day.sql: the same facts by local hour and local day.
-- Made from the buckets by roll_up(), never written by anybody else. Sums add, peaks are the greatest,
-- sketches merge. is_open is part of the key: an hour in which the store opens has a row for either part.
-- The local date and hour are stored, so that nobody has to convert to group by them.
CREATE TABLE floor_hour (
    store_id    integer NOT NULL,
    floor_id    integer NOT NULL,
    hour_at     timestamptz NOT NULL,        -- start of the local hour, UTC
    is_open     boolean NOT NULL,
    local_hour  smallint NOT NULL,
    local_date  date NOT NULL,
    peak_people integer NOT NULL,
    zone_visits integer NOT NULL,            -- to all zones
    crossed_in  integer NOT NULL,            -- lines of which the way in is known
    crossed_out integer NOT NULL,
    people_ms   bigint NOT NULL,
    counted_ms  bigint NOT NULL,             -- length of the buckets there are
    exposure_ms bigint NOT NULL,             -- some camera was looking
    CONSTRAINT floor_hour_pkey PRIMARY KEY (store_id, floor_id, hour_at, is_open)
) PARTITION BY RANGE (hour_at);

COMMENT ON TABLE floor_hour IS 'People on a floor by local hour';

CREATE TABLE floor_day (
    store_id    integer NOT NULL,
    floor_id    integer NOT NULL,
    local_date  date NOT NULL,
    is_open     boolean NOT NULL,
    peak_people integer NOT NULL,
    zone_visits integer NOT NULL,
    crossed_in  integer NOT NULL,
    crossed_out integer NOT NULL,
    people_ms   bigint NOT NULL,
    counted_ms  bigint NOT NULL,
    exposure_ms bigint NOT NULL,
    CONSTRAINT floor_day_pkey PRIMARY KEY (store_id, floor_id, local_date, is_open)
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE floor_day IS 'People on a floor by local date';

-- Element i of each array belongs to cell[i]; cells where nothing happened are left out.
CREATE TABLE heat_hour (
    store_id      integer NOT NULL,
    floor_id      integer NOT NULL,
    hour_at       timestamptz NOT NULL,
    is_open       boolean NOT NULL,
    grid_id       integer NOT NULL,
    definition_id integer NOT NULL,
    local_date    date NOT NULL,
    local_hour    smallint NOT NULL,
    hour_end      timestamptz NOT NULL,
    first_bucket_at timestamptz,             -- NULL: there are no such buckets any more
    last_bucket_end timestamptz,
    cell          integer[] NOT NULL,        -- ascending
    dwell_ms      bigint[] NOT NULL,
    passes        integer[] NOT NULL,
    move_x_cm     integer[] NOT NULL,
    move_y_cm     integer[] NOT NULL,
    path_cm       integer[] NOT NULL,
    CONSTRAINT heat_hour_pkey
        PRIMARY KEY (store_id, floor_id, hour_at, is_open, grid_id, definition_id),
    CONSTRAINT heat_hour_length_check CHECK (
        cardinality(dwell_ms) = cardinality(cell) AND cardinality(passes) = cardinality(cell)
        AND cardinality(move_x_cm) = cardinality(cell) AND cardinality(move_y_cm) = cardinality(cell)
        AND cardinality(path_cm) = cardinality(cell))
) PARTITION BY RANGE (hour_at);

COMMENT ON TABLE heat_hour IS 'Heat of a floor by local hour, made when the hour is over';

-- A server sends arrays element by element, and a week of days has half a million of them; so a day has them once
-- more as bytes, which go in one piece: n cells, n dwells of eight bytes, n passes, movements to the right, up,
-- paths; big-endian.
CREATE FUNCTION heat_planes(cell integer[], dwell_ms bigint[], passes integer[], move_x_cm integer[],
    move_y_cm integer[], path_cm integer[])
RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT coalesce((SELECT string_agg(int4send(v), '') FROM unnest(cell) AS v)
    || (SELECT string_agg(int8send(v), '') FROM unnest(dwell_ms) AS v)
    || (SELECT string_agg(int4send(v), '') FROM unnest(passes) AS v)
    || (SELECT string_agg(int4send(v), '') FROM unnest(move_x_cm) AS v)
    || (SELECT string_agg(int4send(v), '') FROM unnest(move_y_cm) AS v)
    || (SELECT string_agg(int4send(v), '') FROM unnest(path_cm) AS v), '')
$$;

COMMENT ON FUNCTION heat_planes(integer[], bigint[], integer[], integer[], integer[], integer[]) IS
    'Cells and their measures as big-endian numbers, one measure after another: heat_day.packed';

CREATE TABLE heat_day (
    store_id      integer NOT NULL,
    floor_id      integer NOT NULL,
    local_date    date NOT NULL,
    is_open       boolean NOT NULL,
    grid_id       integer NOT NULL,
    definition_id integer NOT NULL,
    day_at        timestamptz NOT NULL,      -- start of the local day, UTC
    day_end       timestamptz NOT NULL,
    first_bucket_at timestamptz,
    last_bucket_end timestamptz,
    cell          integer[] NOT NULL,
    dwell_ms      bigint[] NOT NULL,
    passes        integer[] NOT NULL,
    move_x_cm     integer[] NOT NULL,
    move_y_cm     integer[] NOT NULL,
    path_cm       integer[] NOT NULL,
    packed        bytea NOT NULL
        GENERATED ALWAYS AS (heat_planes(cell, dwell_ms, passes, move_x_cm, move_y_cm, path_cm)) STORED,
    CONSTRAINT heat_day_pkey
        PRIMARY KEY (store_id, floor_id, local_date, is_open, grid_id, definition_id),
    CONSTRAINT heat_day_length_check CHECK (
        cardinality(dwell_ms) = cardinality(cell) AND cardinality(passes) = cardinality(cell)
        AND cardinality(move_x_cm) = cardinality(cell) AND cardinality(move_y_cm) = cardinality(cell)
        AND cardinality(path_cm) = cardinality(cell))
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE heat_day IS 'Heat of a floor by local date, made when the day is over';

CREATE TABLE exposure_hour (
    store_id      integer NOT NULL,
    floor_id      integer NOT NULL,
    hour_at       timestamptz NOT NULL,
    is_open       boolean NOT NULL,
    camera_set_id integer NOT NULL,
    exposure_ms   bigint NOT NULL,
    CONSTRAINT exposure_hour_pkey PRIMARY KEY (store_id, floor_id, hour_at, is_open, camera_set_id)
) PARTITION BY RANGE (hour_at);

COMMENT ON TABLE exposure_hour IS 'How long exactly one set of cameras was looking, by local hour';

CREATE TABLE exposure_day (
    store_id      integer NOT NULL,
    floor_id      integer NOT NULL,
    local_date    date NOT NULL,
    is_open       boolean NOT NULL,
    camera_set_id integer NOT NULL,
    exposure_ms   bigint NOT NULL,
    CONSTRAINT exposure_day_pkey PRIMARY KEY (store_id, floor_id, local_date, is_open, camera_set_id)
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE exposure_day IS 'How long exactly one set of cameras was looking, by local date';

CREATE TABLE zone_hour (
    store_id      integer NOT NULL,
    zone_id       integer NOT NULL,
    hour_at       timestamptz NOT NULL,
    is_open       boolean NOT NULL,
    local_hour    smallint NOT NULL,
    definition_id integer NOT NULL,
    local_date    date NOT NULL,
    peak_people   integer NOT NULL,
    visits        integer NOT NULL,
    entries       integer NOT NULL,
    exits         integer NOT NULL,
    dwell_ms      bigint NOT NULL,
    exposure_ms   bigint NOT NULL,
    CONSTRAINT zone_hour_pkey PRIMARY KEY (store_id, zone_id, hour_at, is_open, definition_id)
) PARTITION BY RANGE (hour_at);

COMMENT ON TABLE zone_hour IS 'What happened in a zone by local hour';

CREATE TABLE zone_day (
    store_id      integer NOT NULL,
    zone_id       integer NOT NULL,
    local_date    date NOT NULL,
    is_open       boolean NOT NULL,
    definition_id integer NOT NULL,
    peak_people   integer NOT NULL,
    visits        integer NOT NULL,
    entries       integer NOT NULL,
    exits         integer NOT NULL,
    dwell_ms      bigint NOT NULL,
    exposure_ms   bigint NOT NULL,
    CONSTRAINT zone_day_pkey PRIMARY KEY (store_id, zone_id, local_date, is_open, definition_id)
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE zone_day IS 'What happened in a zone by local date';

-- Fixtures are not counted tick by tick: their dwell is that of the cells in front of them.
CREATE TABLE fixture_day (
    store_id    integer NOT NULL,
    zone_id     integer NOT NULL,
    local_date  date NOT NULL,
    is_open     boolean NOT NULL,
    passes      integer NOT NULL,
    dwell_ms    bigint NOT NULL,
    exposure_ms bigint NOT NULL,             -- mean over its cells
    CONSTRAINT fixture_day_pkey PRIMARY KEY (store_id, zone_id, local_date, is_open)
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE fixture_day IS 'Presence in front of a fixture by local date';

CREATE TABLE line_hour (
    store_id      integer NOT NULL,
    line_id       integer NOT NULL,
    hour_at       timestamptz NOT NULL,
    is_open       boolean NOT NULL,
    local_hour    smallint NOT NULL,
    local_date    date NOT NULL,
    left_to_right integer NOT NULL,
    right_to_left integer NOT NULL,
    CONSTRAINT line_hour_pkey PRIMARY KEY (store_id, line_id, hour_at, is_open)
) PARTITION BY RANGE (hour_at);

COMMENT ON TABLE line_hour IS 'How often a line was crossed by local hour';

CREATE TABLE line_day (
    store_id      integer NOT NULL,
    line_id       integer NOT NULL,
    local_date    date NOT NULL,
    is_open       boolean NOT NULL,
    left_to_right integer NOT NULL,
    right_to_left integer NOT NULL,
    CONSTRAINT line_day_pkey PRIMARY KEY (store_id, line_id, local_date, is_open)
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE line_day IS 'How often a line was crossed by local date';

CREATE TABLE flow_hour (
    store_id     integer NOT NULL,
    from_zone_id integer NOT NULL,
    to_zone_id   integer NOT NULL,
    hour_at      timestamptz NOT NULL,
    is_open      boolean NOT NULL,
    local_hour   smallint NOT NULL,
    local_date   date NOT NULL,
    people       integer NOT NULL,
    CONSTRAINT flow_hour_pkey PRIMARY KEY (store_id, from_zone_id, to_zone_id, hour_at, is_open)
) PARTITION BY RANGE (hour_at);

COMMENT ON TABLE flow_hour IS 'How many people went from one zone to another by local hour';

CREATE TABLE flow_day (
    store_id     integer NOT NULL,
    from_zone_id integer NOT NULL,
    to_zone_id   integer NOT NULL,
    local_date   date NOT NULL,
    is_open      boolean NOT NULL,
    people       integer NOT NULL,
    CONSTRAINT flow_day_pkey PRIMARY KEY (store_id, from_zone_id, to_zone_id, local_date, is_open)
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE flow_day IS 'How many people went from one zone to another by local date';

CREATE TABLE camera_hour (
    store_id       integer NOT NULL,
    floor_id       integer NOT NULL,
    camera_id      integer NOT NULL,
    hour_at        timestamptz NOT NULL,
    is_open        boolean NOT NULL,
    local_hour     smallint NOT NULL,
    local_date     date NOT NULL,
    latency_bin    integer NOT NULL,
    frames         bigint NOT NULL,
    observations   bigint NOT NULL,
    missed         bigint NOT NULL,
    uptime_ms      bigint NOT NULL,
    latency_frames bigint[] NOT NULL,
    CONSTRAINT camera_hour_pkey PRIMARY KEY (store_id, floor_id, camera_id, hour_at, is_open)
) PARTITION BY RANGE (hour_at);

COMMENT ON TABLE camera_hour IS 'What a camera delivered by local hour';

CREATE TABLE camera_day (
    store_id       integer NOT NULL,
    floor_id       integer NOT NULL,
    camera_id      integer NOT NULL,
    local_date     date NOT NULL,
    is_open        boolean NOT NULL,
    latency_bin    integer NOT NULL,
    frames         bigint NOT NULL,
    observations   bigint NOT NULL,
    missed         bigint NOT NULL,
    uptime_ms      bigint NOT NULL,
    latency_frames bigint[] NOT NULL,
    CONSTRAINT camera_day_pkey PRIMARY KEY (store_id, floor_id, camera_id, local_date, is_open)
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE camera_day IS 'What a camera delivered by local date';

CREATE TABLE pair_residual_hour (
    store_id       integer NOT NULL,
    floor_id       integer NOT NULL,
    camera_a_id    integer NOT NULL,
    camera_b_id    integer NOT NULL,
    hour_at        timestamptz NOT NULL,
    is_open        boolean NOT NULL,
    local_hour     smallint NOT NULL,
    local_date     date NOT NULL,
    matches        bigint NOT NULL,
    sum_dx_m       double precision NOT NULL,
    sum_dy_m       double precision NOT NULL,
    sum_squared_m2 double precision NOT NULL,
    CONSTRAINT pair_residual_hour_pkey
        PRIMARY KEY (store_id, floor_id, camera_a_id, camera_b_id, hour_at, is_open)
) PARTITION BY RANGE (hour_at);

COMMENT ON TABLE pair_residual_hour IS 'Sums of position differences of two cameras by local hour';

CREATE TABLE pair_residual_day (
    store_id       integer NOT NULL,
    floor_id       integer NOT NULL,
    camera_a_id    integer NOT NULL,
    camera_b_id    integer NOT NULL,
    local_date     date NOT NULL,
    is_open        boolean NOT NULL,
    matches        bigint NOT NULL,
    sum_dx_m       double precision NOT NULL,
    sum_dy_m       double precision NOT NULL,
    sum_squared_m2 double precision NOT NULL,
    CONSTRAINT pair_residual_day_pkey
        PRIMARY KEY (store_id, floor_id, camera_a_id, camera_b_id, local_date, is_open)
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE pair_residual_day IS 'Sums of position differences of two cameras by local date';

-- How much of the walkable floor some camera saw at all.
CREATE TABLE coverage_day (
    store_id       integer NOT NULL,
    floor_id       integer NOT NULL,
    grid_id        integer NOT NULL,
    local_date     date NOT NULL,
    walkable_cells integer NOT NULL,
    observed_cells integer NOT NULL,         -- walkable and seen for a moment at least
    unobserved     bytea NOT NULL,           -- walkable and never seen, one bit a cell
    CONSTRAINT coverage_day_pkey PRIMARY KEY (store_id, floor_id, grid_id, local_date)
) PARTITION BY RANGE (local_date);

COMMENT ON TABLE coverage_day IS 'What part of the walkable floor some camera saw on a date';

SELECT register_fact(f || '_hour', 'hour', 'hour_at', 1)
FROM unnest(ARRAY['floor', 'heat', 'exposure', 'zone', 'line', 'flow', 'camera', 'pair_residual']) AS f;

SELECT register_fact(f || '_day', 'day', 'local_date', 12)
FROM unnest(ARRAY['floor', 'heat', 'exposure', 'zone', 'fixture', 'line', 'flow', 'camera',
    'pair_residual', 'coverage']) AS f;
