-- 0015_heat_cells.sql: the cells of a bucket in five bytes each.
-- Six integer arrays took 24 bytes a cell, some 1.9 GB for a store-year of one-minute buckets. Neighbours,
-- short stays and small movements fit into bytes:
--
--   cells = gap[n] stay[n] excess[n] move_x[n] move_y[n]       five planes of n bytes
--
--   gap     cell number minus that of the entry before, 0 .. 255; the first entry is first_cell + gap
--   stay    dwell in its upper six bits: code 0 .. 31 is so many dwell_unit_ms, code 32 + n is 2^(5 + n) of
--           them; passes in its lower two
--   excess  path minus floor(sqrt(move_x^2 + move_y^2)), cm, signed
--   move_x, move_y  displacement, cm, signed
--
-- What does not fit is written as several entries of one cell (gap 0), for all measures are sums; a longer
-- gap gets entries in which nothing happens. So there is one rule for reading and no exception: add up.
-- dwell_unit_ms is the greatest common divisor of the bucket's dwells: the length of a tick.
--
-- Functions that views call with what readers may not see have a body of BEGIN ATOMIC: its names are looked up now, and
-- not by the reader's search path, in which an operator of his own could come first.

CREATE FUNCTION heat_cells(first_cell integer, dwell_unit_ms integer, cells bytea)
RETURNS TABLE (cell integer, dwell_ms integer, passes integer, move_x_cm integer, move_y_cm integer,
    path_cm integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT
    (first_cell + sum(b.gap) OVER (ORDER BY b.i ROWS UNBOUNDED PRECEDING))::integer,
    CASE WHEN b.stay < 128 THEN b.stay >> 2 ELSE 1 << (b.stay >> 2) - 27 END * dwell_unit_ms,
    b.stay & 3,
    b.x,
    b.y,
    b.excess + floor(sqrt((b.x * b.x + b.y * b.y)::double precision))::integer
FROM (
    SELECT i, get_byte(p.planes, i) AS gap, get_byte(p.planes, p.n + i) AS stay,
        (get_byte(p.planes, 2 * p.n + i) # 128) - 128 AS excess,
        (get_byte(p.planes, 3 * p.n + i) # 128) - 128 AS x,
        (get_byte(p.planes, 4 * p.n + i) # 128) - 128 AS y
    -- The concatenation unpacks a compressed value once instead of once a byte; OFFSET 0 keeps it apart.
    FROM (SELECT cells || ''::bytea AS planes, octet_length(cells) / 5 AS n OFFSET 0) AS p
    CROSS JOIN generate_series(0, p.n - 1) AS i
    -- Here it keeps the planes out of the sort below, which would carry them in each of its rows.
    OFFSET 0
) AS b;
END;

COMMENT ON FUNCTION heat_cells(integer, integer, bytea) IS
    'The entries of a packed heat bucket; several of one cell add up, entries of zeros mean nothing';

-- The other direction, for what does not come from the writer. Movement is rounded to centimetres.
CREATE FUNCTION heat_pack(
    cell integer[], dwell_ms integer[], passes integer[], move_x_mm integer[], move_y_mm integer[],
    path_mm integer[],
    OUT first_cell integer, OUT dwell_unit_ms integer, OUT cells bytea)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    gaps text := '';
    stays text := '';
    excesses text := '';
    moves_x text := '';
    moves_y text := '';
    last_cell integer;
    gap integer;
    dwell integer;
    pass integer;
    x integer;
    y integer;
    path integer;
    e_gap integer;
    e_dwell integer;
    e_code integer;
    e_pass integer;
    e_excess integer;
    e_x integer;
    e_y integer;
BEGIN
    first_cell := coalesce(cell[1], 0);
    dwell_unit_ms := 0;
    FOR i IN 1 .. cardinality(cell) LOOP
        dwell_unit_ms := gcd(dwell_unit_ms, dwell_ms[i]);
    END LOOP;
    dwell_unit_ms := greatest(dwell_unit_ms, 1);
    last_cell := first_cell;
    FOR i IN 1 .. cardinality(cell) LOOP
        gap := cell[i] - last_cell;
        last_cell := cell[i];
        dwell := dwell_ms[i] / dwell_unit_ms;
        pass := passes[i];
        x := round(move_x_mm[i] / 10.0);
        y := round(move_y_mm[i] / 10.0);
        path := round(path_mm[i] / 10.0);
        IF gap < 0 OR dwell < 0 OR pass < 0 THEN
            RAISE EXCEPTION 'heat_pack: cells must ascend, dwell and passes must not be negative';
        END IF;
        LOOP
            e_gap := least(gap, 255);
            gap := gap - e_gap;
            -- The measures wait for the entry that reaches the cell.
            IF gap > 0 THEN
                e_code := 0;
                e_dwell := 0;
            ELSIF dwell < 32 THEN
                e_code := dwell;
                e_dwell := dwell;
            ELSE -- its highest bit
                e_code := 59 - position('1' IN dwell::bit(32)::text);
                e_dwell := 1 << e_code - 27;
            END IF;
            e_pass := CASE WHEN gap = 0 THEN least(pass, 3) ELSE 0 END;
            e_x := CASE WHEN gap = 0 THEN greatest(least(x, 127), -128) ELSE 0 END;
            e_y := CASE WHEN gap = 0 THEN greatest(least(y, 127), -128) ELSE 0 END;
            e_excess := path - floor(sqrt((e_x * e_x + e_y * e_y)::double precision))::integer;
            e_excess := CASE WHEN gap = 0 THEN greatest(least(e_excess, 127), -128) ELSE 0 END;
            path := path - e_excess - floor(sqrt((e_x * e_x + e_y * e_y)::double precision))::integer;
            dwell := dwell - e_dwell;
            pass := pass - e_pass;
            x := x - e_x;
            y := y - e_y;
            gaps := gaps || lpad(to_hex(e_gap), 2, '0');
            stays := stays || lpad(to_hex(e_code << 2 | e_pass), 2, '0');
            excesses := excesses || lpad(to_hex(e_excess & 255), 2, '0');
            moves_x := moves_x || lpad(to_hex(e_x & 255), 2, '0');
            moves_y := moves_y || lpad(to_hex(e_y & 255), 2, '0');
            EXIT WHEN gap = 0 AND dwell = 0 AND pass = 0 AND x = 0 AND y = 0 AND path = 0;
        END LOOP;
    END LOOP;
    cells := decode(gaps || stays || excesses || moves_x || moves_y, 'hex');
END
$$;

COMMENT ON FUNCTION heat_pack(integer[], integer[], integer[], integer[], integer[], integer[]) IS
    'Pack the cells of a bucket; heat_cells gives them back, movement in whole centimetres';

-- The table is made anew: a changed copy of every row beside the old one would take both their space.
DROP VIEW v_heat_cell;
ALTER TABLE heat_bucket RENAME TO heat_bucket_plain;
ALTER TABLE heat_bucket_plain DROP CONSTRAINT heat_bucket_pkey;
ALTER TABLE heat_bucket_plain DROP CONSTRAINT heat_bucket_length_check;

DO $$
DECLARE
    old_name text;
BEGIN
    FOR old_name IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'heat_bucket_plain'::regclass
    LOOP
        EXECUTE format('ALTER TABLE %I RENAME TO %I', old_name,
            replace(old_name, 'heat_bucket', 'heat_bucket_plain'));
    END LOOP;
END
$$;

-- Facts have no foreign keys: a check a row and key would take as long as the row itself. The writer gets
-- its keys in the transaction that uses them, dimensions are never deleted, orphan_fact() looks for what
-- should not be.
CREATE TABLE heat_bucket (
    store_id      integer NOT NULL,
    floor_id      integer NOT NULL,
    bucket_at     timestamptz NOT NULL,      -- start, UTC
    grid_id       integer NOT NULL,
    definition_id integer NOT NULL,
    peak_people   integer NOT NULL,          -- most people at one tick
    people_ms     bigint NOT NULL,           -- person-milliseconds on the floor, also outside the grid
    first_cell    integer NOT NULL,
    dwell_unit_ms integer NOT NULL,
    cells         bytea NOT NULL,
    CONSTRAINT heat_bucket_pkey PRIMARY KEY (store_id, floor_id, bucket_at),
    CONSTRAINT heat_bucket_cells_check CHECK (octet_length(cells) % 5 = 0 AND first_cell >= 0),
    CONSTRAINT heat_bucket_dwell_unit_ms_check CHECK (dwell_unit_ms > 0)
) PARTITION BY RANGE (bucket_at);

ALTER TABLE heat_bucket ALTER cells SET STORAGE MAIN;

COMMENT ON TABLE heat_bucket IS 'Heat of one floor and bucket; heat_cells() opens the cells';

CREATE TABLE heat_bucket_default PARTITION OF heat_bucket DEFAULT;

COMMENT ON TABLE heat_bucket_default IS 'Buckets of months that have no partition of their own yet';

DO $$
DECLARE
    month date;
BEGIN
    FOR month IN
        SELECT DISTINCT date_trunc('month', bucket_at AT TIME ZONE 'UTC')::date FROM heat_bucket_plain
        ORDER BY 1
    LOOP
        PERFORM ensure_heat_partitions(month, month);
    END LOOP;
END
$$;

INSERT INTO heat_bucket (store_id, floor_id, bucket_at, grid_id, definition_id, peak_people, people_ms,
    first_cell, dwell_unit_ms, cells)
SELECT b.store_id, b.floor_id, b.bucket_at, b.grid_id, b.definition_id, b.peak_people, b.people_ms,
    p.first_cell, p.dwell_unit_ms, p.cells
FROM heat_bucket_plain AS b
CROSS JOIN LATERAL heat_pack(b.cell, b.dwell_ms, b.passes, b.move_x_mm, b.move_y_mm, b.path_mm) AS p;

DROP TABLE heat_bucket_plain;
