-- Keys are given by the sequences, from 1: floors north/ground 1, north/upper 2, south/ground 3, and
-- grids likewise: 4 x 3 cells of 0.5 m, 40 x 10 cells of 1 m, 3 x 2 cells of 1 m.
INSERT INTO floor (store_id, floor) VALUES (7, 'ground'), (7, 'upper'), (8, 'ground');
INSERT INTO grid (store_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, rows) VALUES
    (7, 1, -1, 2, 0.5, 4, 3),
    (7, 2, 0, 0, 1, 40, 10),
    (8, 3, 0, 0, 1, 3, 2);
