-- loss.sql: what did not get through.

-- losses_put: write what was lost
-- Counts of one hour; what is told again replaces what was told before it. A count of 0 needs no row, but takes back what
-- turned up after all.
INSERT INTO loss (store_id, since_at, camera, source, reason, unit, losses, first_at, last_at)
SELECT $1::integer, $2::timestamptz, n.camera, n.source, n.reason, n.unit, n.losses, $3::timestamptz, $3::timestamptz
FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[]) AS n (camera, source, reason, unit, losses)
WHERE n.losses > 0 OR EXISTS (
    SELECT FROM loss AS l
    WHERE l.store_id = $1::integer AND l.since_at = $2::timestamptz AND l.camera = n.camera AND l.source = n.source
        AND l.reason = n.reason)
ON CONFLICT (store_id, since_at, camera, source, reason) DO UPDATE
SET losses = excluded.losses, first_at = least(loss.first_at, excluded.first_at),
    last_at = greatest(loss.last_at, excluded.last_at)
WHERE loss.losses <> excluded.losses;
