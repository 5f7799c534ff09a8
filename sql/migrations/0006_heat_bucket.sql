-- 0006_heat_bucket.sql: what happened on one floor in one bucket.
-- One row with arrays takes about a sixth of one row a cell. Element i of each array belongs to cell[i];
-- cells where nothing happened are left out. Sums only, so that any roll-up is a SUM.
-- integer is enough for a cell: a bucket is at most 900 s, so dwell_ms has room for 2386 people in it.
CREATE TABLE heat_bucket (
    store_id      integer NOT NULL,
    floor_id      integer NOT NULL,
    bucket_at     timestamptz NOT NULL,      -- start, UTC
    grid_id       integer NOT NULL,
    definition_id integer NOT NULL,
    people_ms     bigint NOT NULL,           -- person-milliseconds on the floor, also outside the grid
    peak_people   integer NOT NULL,          -- most people at one tick
    cell          integer[] NOT NULL,        -- ascending
    dwell_ms      integer[] NOT NULL,        -- person-milliseconds
    passes        integer[] NOT NULL,        -- people who entered the cell
    move_x_mm     integer[] NOT NULL,        -- sum of displacements inside the cell
    move_y_mm     integer[] NOT NULL,
    path_mm       integer[] NOT NULL,        -- sum of lengths walked inside the cell
    CONSTRAINT heat_bucket_pkey PRIMARY KEY (store_id, floor_id, bucket_at),
    CONSTRAINT heat_bucket_grid_id_fkey
        FOREIGN KEY (store_id, grid_id) REFERENCES grid (store_id, grid_id),
    CONSTRAINT heat_bucket_definition_id_fkey
        FOREIGN KEY (store_id, definition_id) REFERENCES definition (store_id, definition_id),
    CONSTRAINT heat_bucket_length_check CHECK (
        cardinality(dwell_ms) = cardinality(cell) AND cardinality(passes) = cardinality(cell)
        AND cardinality(move_x_mm) = cardinality(cell) AND cardinality(move_y_mm) = cardinality(cell)
        AND cardinality(path_mm) = cardinality(cell))
) PARTITION BY RANGE (bucket_at);

COMMENT ON TABLE heat_bucket IS 'Heat of one floor and bucket; arrays with one element an occupied cell';

CREATE TABLE heat_bucket_default PARTITION OF heat_bucket DEFAULT;

COMMENT ON TABLE heat_bucket_default IS 'Buckets of months that have no partition of their own yet';
