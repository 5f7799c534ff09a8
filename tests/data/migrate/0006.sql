-- Six buckets in three months. Dwell on both sides of 65 535 ms (16 bits); movement against the axes;
-- a bucket in which nobody came; two cells far apart; January 2027 stays in the default partition (0010.sql).
-- Movement is in whole centimetres, because later schemas keep no more of it.
INSERT INTO heat_bucket (store_id, floor_id, bucket_at, grid_id, definition_id, people_ms, peak_people,
    cell, dwell_ms, passes, move_x_mm, move_y_mm, path_mm) VALUES
    (7, 1, '2026-10-31 23:59Z', 1, 1, 75000, 3,
        '{1,4,11}', '{70000,2500,100}', '{5,1,0}', '{300,-20,0}', '{-100,30,0}', '{400,50,0}'),
    (7, 1, '2026-11-01 00:00Z', 1, 1, 0, 0, '{}', '{}', '{}', '{}', '{}', '{}'),
    (7, 1, '2026-11-30 12:00Z', 1, 1, 60001, 2,
        '{0,9}', '{60000,1}', '{1,2}', '{-12340,10}', '{0,-2500}', '{20000,3000}'),
    (7, 1, '2027-01-15 09:00Z', 1, 1, 65536, 2, '{4}', '{65536}', '{1}', '{40}', '{-40}', '{60}'),
    (7, 2, '2026-11-01 00:00Z', 2, 2, 3000, 1,
        '{0,399}', '{1000,2000}', '{1,1}', '{100,-200}', '{0,50}', '{100,210}'),
    (8, 3, '2026-11-01 00:00Z', 3, 3, 123456, 4, '{5}', '{123456}', '{7}', '{-10}', '{-10}', '{20}');
