-- North is open on Mondays and, from January 11 on later, on Fridays; south says nothing and is always open.
-- Sunday November 1 has a half-hour sale after midnight, in which 00:59 lies and 01:00 does not; closing on
-- Monday November 30 was called off.
INSERT INTO opening_hours (store_id, weekday, valid_from, opens_at, closes_at) VALUES
    (7, 1, '-infinity', '{09:00,14:30}', '{13:30,20:00}'),
    (7, 5, '-infinity', '{09:00}', '{20:00}'),
    (7, 5, '2027-01-11', '{11:00}', '{02:00}');
INSERT INTO opening_exception (store_id, local_date, opens_at, closes_at, cancelled) VALUES
    (7, '2026-11-01', '{00:30}', '{01:00}', false),
    (7, '2026-11-30', '{}', '{}', true);
