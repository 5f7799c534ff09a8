-- cells.sql: packed heat cells, latency sketches, masks.
\ir helper.sql
SELECT no_plan();

-- ---- bytes, worked out by hand from the description in 0015 ----
-- Cells 7, 9 and 300; dwell 200, 13 000 and 300 ms, so the unit is 100 and the stays are 2, 130, 3.
--   7    2 << 2 | 1 = 0x09; moved (300, -40) mm = (30, -4) cm, floor(sqrt(916)) = 30; path 450 mm = 45, excess 15
--   9    gap 2; dwell 130 = 2^7 + 2, passes 4 = 3 + 1: code 34 << 2 | 3 = 0x8b, 2 << 2 | 1 = 0x09
--        moved (-2000, 0) mm = -200 = -128 - 72; path 1990 mm = 199 = 128 + 71, all of it in the first entry, so
--        that the second has 0 = 72 - 72: 0xb8
--   300  gap 291 = 255 + 36; 3 << 2 = 0x0c
SELECT results_eq(
    $$ SELECT first_cell, dwell_unit_ms, cells FROM heat_pack('{7,9,300}', '{200,13000,300}', '{1,4,0}',
        '{300,-2000,0}', '{-40,0,0}', '{450,1990,0}') $$,
    $$ VALUES (7, 100, '\x000200ff24'::bytea || '\x098b09000c' || '\x0f47b80000' || '\x1e80b80000'
        || '\xfc00000000') $$, 'three cells in five entries');
SELECT results_eq(
    $$ SELECT * FROM heat_cells(7, 100, '\x000200ff24'::bytea || '\x098b09000c' || '\x0f47b80000'
        || '\x1e80b80000' || '\xfc00000000') $$,
    $$ VALUES (7, 200, 1, 30, -4, 45), (9, 12800, 3, -128, 0, 199), (9, 200, 1, -72, 0, 0),
        (264, 0, 0, 0, 0, 0), (300, 300, 0, 0, 0, 0) $$, 'and back again');

SELECT results_eq($$ SELECT * FROM heat_pack('{}', '{}', '{}', '{}', '{}', '{}') $$, $$ VALUES (0, 1, ''::bytea) $$,
    'nothing takes no bytes');
SELECT is_empty($$ SELECT * FROM heat_cells(0, 1, '') $$, 'and opens to no cells');
SELECT results_eq($$ SELECT * FROM heat_pack('{5}', '{0}', '{2}', '{0}', '{0}', '{0}') $$,
    $$ VALUES (5, 1, '\x0002000000'::bytea) $$, 'a pass without dwell');
SELECT results_eq($$ SELECT * FROM heat_pack('{0}', '{700}', '{0}', '{300}', '{400}', '{0}') $$,
    $$ VALUES (0, 700, '\x0004ce1e28'::bytea) $$, 'a path shorter than the displacement: 0 - 50 = -50 = 0xce');
SELECT results_eq($$ SELECT * FROM heat_pack('{0}', '{100}', '{0}', '{4}', '{-5}', '{15}') $$,
    $$ VALUES (0, 100, '\x00040100ff'::bytea) $$, 'movement is rounded, halves away from zero: 0, -1, 2 cm');
SELECT throws_like($$ SELECT heat_pack('{5,4}', '{1,1}', '{0,0}', '{0,0}', '{0,0}', '{0,0}') $$, '%must ascend%',
    'cells that do not ascend are refused');
SELECT throws_like($$ SELECT heat_pack('{5}', '{-1}', '{0}', '{0}', '{0}', '{0}') $$, '%must not be negative%',
    'negative dwell is refused');

-- ---- round trip ----

SELECT setseed(0.15);

CREATE TEMP TABLE packed AS
WITH plain AS MATERIALIZED (
    SELECT n, array_agg(cell ORDER BY cell) AS cell, array_agg(dwell ORDER BY cell) AS dwell,
        array_agg(passes ORDER BY cell) AS passes, array_agg(x ORDER BY cell) AS x, array_agg(y ORDER BY cell) AS y,
        array_agg(path ORDER BY cell) AS path
    FROM (
        SELECT n, cell, unit * floor(random() ^ 8 * huge)::integer AS dwell, floor(random() ^ 8 * 400)::integer AS passes,
            floor((random() - 0.5) ^ 3 * 80000)::integer AS x, floor((random() - 0.5) ^ 3 * 80000)::integer AS y,
            floor(random() ^ 4 * 30000)::integer AS path
        FROM (
            SELECT n, (ARRAY[1, 40, 100, 125])[1 + helper.dice(4)] AS unit, (ARRAY[10, 100, 7000])[1 + helper.dice(3)] AS huge,
                (sum(helper.dice((ARRAY[2, 4, 300, 1500])[1 + helper.dice(4)]) + 1) OVER (PARTITION BY n ORDER BY i))::integer AS cell
            FROM generate_series(1, 2000) AS n CROSS JOIN generate_series(1, 6) AS i
            WHERE random() < 0.8
        ) AS c
    ) AS m
    GROUP BY n
)
SELECT p.*, k.* FROM plain AS p CROSS JOIN LATERAL heat_pack(p.cell, p.dwell, p.passes, p.x, p.y, p.path) AS k;

SELECT is((SELECT count(*) FROM packed WHERE octet_length(cells) > 5 * cardinality(cell)) > 500, true,
    'many of them need more entries than cells');

CREATE TEMP VIEW opened AS
SELECT n, e.cell, sum(e.dwell_ms) AS dwell, sum(e.passes) AS passes, sum(e.move_x_cm) AS x, sum(e.move_y_cm) AS y,
    sum(e.path_cm) AS path
FROM packed CROSS JOIN LATERAL heat_cells(first_cell, dwell_unit_ms, cells) AS e
GROUP BY n, e.cell;

SELECT is_empty($$
    SELECT n, u.cell, u.dwell, u.passes, round(u.x / 10.0), round(u.y / 10.0), round(u.path / 10.0)
    FROM packed CROSS JOIN LATERAL unnest(cell, dwell, passes, x, y, path) AS u (cell, dwell, passes, x, y, path)
    EXCEPT SELECT n, cell, dwell, passes, x, y, path FROM opened $$, 'each cell of 2000 buckets comes back');
SELECT is_empty($$
    SELECT n, cell FROM opened WHERE dwell <> 0 OR passes <> 0 OR x <> 0 OR y <> 0 OR path <> 0
    EXCEPT SELECT n, unnest(cell) FROM packed $$, 'and no other');
SELECT is((SELECT count(*) FROM packed WHERE EXISTS (SELECT FROM unnest(dwell) AS d WHERE d % dwell_unit_ms <> 0)),
    0::bigint, 'the unit divides every dwell');

-- ---- latency ----
-- Right within (1.1 - 1) / (1.1 + 1) = 4.8 % of the exact value of the same rank.

CREATE TEMP TABLE latency AS
SELECT g AS part, exp(random() * random() * 9) AS ms
FROM generate_series(1, 40) AS g CROSS JOIN generate_series(1, 250);

CREATE TEMP TABLE sketch AS
WITH bin AS MATERIALIZED (
    SELECT part, greatest(ceil(ln(ms) / ln(1.1)), 0)::integer AS bin, count(*) AS n FROM latency GROUP BY 1, 2
), span AS (
    SELECT part, min(bin) AS low, max(bin) AS high FROM bin GROUP BY part
)
SELECT s.part, s.low AS latency_bin, array_agg(coalesce(b.n, 0) ORDER BY i) AS latency_frames
FROM span AS s CROSS JOIN LATERAL generate_series(s.low, s.high) AS i
LEFT JOIN bin AS b ON b.part = s.part AND b.bin = i
GROUP BY s.part, s.low;

-- How many quantiles are farther off than that.
CREATE FUNCTION pg_temp.outside(p_parts integer) RETURNS bigint
LANGUAGE sql
AS $$
SELECT count(*)
FROM (SELECT latency_sum(latency_bin, latency_frames) AS frames FROM sketch WHERE part <= p_parts) AS s
CROSS JOIN unnest(ARRAY[0, 0.01, 0.1, 0.25, 0.5, 0.9, 0.95, 0.99, 1]::double precision[]) AS q
CROSS JOIN LATERAL (
    SELECT (array_agg(ms ORDER BY ms))[1 + floor(q * (count(*) - 1))::integer] AS exact FROM latency WHERE part <= p_parts
) AS e
WHERE abs(latency_quantile_ms(0, s.frames, q) / e.exact - 1) > 0.0477
$$;

SELECT is(pg_temp.outside(parts), 0::bigint, format('quantiles of %s frames are within 4.8 %%', 250 * parts))
FROM unnest(ARRAY[1, 2, 40]) AS parts;

SELECT is((SELECT latency_sum(latency_bin, latency_frames ORDER BY part) FROM sketch),
    (SELECT latency_sum(latency_bin, latency_frames ORDER BY part DESC) FROM sketch), 'order of adding does not matter');
SELECT is((SELECT latency_merge(a.frames, b.frames)
        FROM (SELECT latency_sum(latency_bin, latency_frames) AS frames FROM sketch WHERE part % 2 = 0) AS a
        CROSS JOIN (SELECT latency_sum(latency_bin, latency_frames) AS frames FROM sketch WHERE part % 2 = 1) AS b),
    (SELECT latency_sum(latency_bin, latency_frames) FROM sketch), 'parts merge to the same');
SELECT is((SELECT sum(n) FROM unnest((SELECT latency_sum(latency_bin, latency_frames) FROM sketch)) AS n), 10000::numeric,
    'no frame is lost');
SELECT is((SELECT latency_sum(b, f) FROM (VALUES (3, '{5}'::bigint[]), (0, '{}'), (1, '{2,0,1}')) AS t (b, f)),
    '{0,2,0,6}'::bigint[], 'sketches that begin elsewhere, and an empty one');
SELECT is(latency_quantile_ms(5, '{}', 0.5), NULL, 'an empty sketch has no quantile');
SELECT is(latency_quantile_ms(5, '{0,0}', 0.5), NULL, 'nor has one of zeros');
SELECT is(latency_quantile_ms(0, '{3}', 0.5), 2 / 2.1::double precision, 'bin 0 is what takes up to a millisecond');

-- ---- masks ----

SELECT is(ARRAY(SELECT mask_cells('\x3f01')), '{0,1,2,3,4,5,8}'::integer[], 'bit 0 is the least of the first byte');
SELECT is(cells_mask('{8,0,3}', '\xffff'), '\x0901'::bytea, 'cells in any order');
SELECT is(cells_mask(NULL, '\xffffff'), '\x000000'::bytea, 'no cells, as long as the other');
SELECT is(cells_mask('{0,0,7}', '\x00'), '\x81'::bytea, 'a cell that comes twice');
SELECT is_empty($$
    SELECT m FROM (SELECT substr(sha256(n::text::bytea), 1, 1 + n % 32) AS m FROM generate_series(1, 1000) AS n) AS r
    WHERE cells_mask(ARRAY(SELECT c FROM mask_cells(m) AS c ORDER BY sin(c)), m) <> m $$, '1000 masks come back');
SELECT is_empty($$
    SELECT n FROM generate_series(0, 300) AS n
    WHERE get_bit(cells_mask(ARRAY[n], decode(repeat('00', 40), 'hex')), n) <> 1 $$, 'get_bit() reads them');

SELECT * FROM finish();
