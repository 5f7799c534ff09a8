-- place.sql: zones and lines as a bucket brings them, also an old bucket that is written again.
\ir helper.sql
SELECT no_plan();

SELECT helper.make_store(1, 'UTC');
ALTER TABLE zone ALTER zone_id RESTART WITH 101;
ALTER TABLE counting_line ALTER line_id RESTART WITH 101;
UPDATE zone SET valid_to = valid_from WHERE store_id = 1;
UPDATE counting_line SET valid_to = valid_from WHERE store_id = 1;
SELECT ensure_partitions('2026-01-01', '2026-01-31');

-- A map with zone "till" and line "gate", each at x = 0 or as far to the right as told; NULL: it has none.
CREATE FUNCTION pg_temp.map(till integer, gate integer) RETURNS jsonb
LANGUAGE sql
AS $$
SELECT coalesce(jsonb_agg(p.place) FILTER (WHERE p.x IS NOT NULL), '[]')
FROM (VALUES
    (till, jsonb_build_object('kind', 'zone', 'name', 'till', 'area_m2', 1, 'cells', '[0]'::jsonb, 'geojson',
        jsonb_build_object('type', 'MultiPolygon', 'coordinates', till))),
    (gate, jsonb_build_object('kind', 'line', 'name', 'gate', 'geojson',
        jsonb_build_object('type', 'LineString', 'coordinates', gate)))) AS p (x, place)
$$;

-- Places first, then the bucket, as the writer does it. Says which shapes it was counted with.
CREATE FUNCTION pg_temp.write(p_at timestamptz, till integer, gate integer) RETURNS text
LANGUAGE sql
AS $$
SELECT string_agg(to_char(p.since AT TIME ZONE 'UTC', 'HH24:MI') || CASE WHEN p.is_same THEN '' ELSE ' other' END, ', ')
FROM put_places(1, 1, 1, p_at, pg_temp.map(till, gate), '\xff0d') AS p;
$$;

CREATE FUNCTION pg_temp.in_force() RETURNS text
LANGUAGE sql
AS $$
SELECT string_agg(concat_ws(' ', what, coordinates, to_char(valid_from AT TIME ZONE 'UTC', 'HH24:MI'),
    coalesce(to_char(valid_to AT TIME ZONE 'UTC', 'HH24:MI'), '-')), ', ' ORDER BY what, valid_from)
FROM (SELECT 'zone' AS what, geojson ->> 'coordinates' AS coordinates, valid_from, valid_to FROM zone WHERE zone = 'till'
    UNION ALL SELECT 'line', geojson ->> 'coordinates', valid_from, valid_to FROM counting_line) AS p
WHERE valid_from > '-infinity'
$$;

SELECT is(pg_temp.write('2026-01-05 10:00+00', 0, 0), '10:00, 10:00', 'places of the first bucket');
SELECT helper.put_heat(1, 1, '2026-01-05 10:00+00', '{}', '{}', '{}');
SELECT is(pg_temp.write('2026-01-05 10:15+00', 0, 0), '10:00, 10:00', 'are those of the next');
SELECT helper.put_heat(1, 1, '2026-01-05 10:15+00', '{}', '{}', '{}');

SELECT is(pg_temp.write('2026-01-05 10:00+00', NULL, NULL), NULL, 'an old bucket comes again, from a map without them');
SELECT is(pg_temp.in_force(), 'line 0 10:00 -, zone 0 10:00 -', 'they do not end: the later bucket was counted with them');
SELECT is(pg_temp.write('2026-01-05 10:00+00', 5, 5), '10:00 other, 10:00 other', 'from a map that has them elsewhere');
SELECT is(pg_temp.in_force(), 'line 0 10:00 -, zone 0 10:00 -', 'their shape stays');

SELECT is(pg_temp.write('2026-01-05 10:15+00', 5, 5), '10:15, 10:15', 'the latest bucket comes again, drawn anew');
SELECT is(pg_temp.in_force(), 'line 0 10:00 10:15, line 5 10:15 -, zone 0 10:00 10:15, zone 5 10:15 -', 'then other shapes begin with it');
SELECT is(pg_temp.write('2026-01-05 10:15+00', 6, 6), '10:15, 10:15', 'once more, elsewhere');
SELECT is(pg_temp.in_force(), 'line 0 10:00 10:15, line 6 10:15 -, zone 0 10:00 10:15, zone 6 10:15 -', 'takes their place');
SELECT is(pg_temp.write('2026-01-05 10:00+00', 6, 0), '10:00 other, 10:00', 'an old bucket has the shapes of its time');

SELECT is(pg_temp.write('2026-01-05 10:30+00', NULL, 6), '10:15', 'a new bucket without the zone');
SELECT is(pg_temp.in_force(), 'line 0 10:00 10:15, line 6 10:15 -, zone 0 10:00 10:15, zone 6 10:15 10:30', 'ends it');
-- Another floor's buckets are no matter.
SELECT helper.put_heat(1, 2, '2026-01-05 12:00+00', '{}', '{}', '{}');
SELECT is(pg_temp.write('2026-01-05 10:45+00', NULL, NULL), NULL, 'and one without the line');
SELECT is(pg_temp.in_force(), 'line 0 10:00 10:15, line 6 10:15 10:45, zone 0 10:00 10:15, zone 6 10:15 10:30', 'ends that');

SELECT * FROM finish();
