-- What was lost: in Berlin at 0:59 in the night that summer time ended and an hour later; one of no camera; one that turned up.
INSERT INTO loss (store_id, since_at, camera, source, reason, unit, losses, first_at, last_at) VALUES
    (7, '2026-10-31 23:00Z', 'left', 'wire', 'missed', 'frames', 3, '2026-10-31 23:59:10Z', '2026-10-31 23:59:40Z'),
    (7, '2026-11-01 00:00Z', 'nobody', 'wire', 'missed', 'frames', 4, '2026-11-01 00:00:10Z', '2026-11-01 00:00:10Z'),
    (7, '2026-11-01 00:00Z', 'right', 'wire', 'missed', 'frames', 0, '2026-11-01 00:00:10Z', '2026-11-01 00:01:10Z'),
    (8, '2026-11-01 00:00Z', '', 'database', 'spool_full', 'records', 12, '2026-11-01 00:30Z', '2026-11-01 00:59Z');
