/*
 * chain_dimensions.c - what facts refer to: stores, floors, grids, zones, lines, cameras
 */
#include "bench/chain_plan.h"
#include "bench/copy_script.h"

#define FIXTURES      12
#define FIXTURE_CELLS 40
#define MASK_BYTES    (SHOP_CELLS / 8)

/* In the order in which they can be filled: a table refers to those before it. */
enum table {
    STORE,
    FLOOR,
    GRID,
    DEFINITION,
    OPENING_HOURS,
    CAMERA,
    CALIBRATION,
    FOOTPRINT,
    CAMERA_SET,
    ZONE,
    ZONE_CELLS,
    LINE,
    WALKABLE,
    TABLES
};

static struct copy_table tables[TABLES] = {
    [STORE].columns = "store (store_id, chain, store, timezone)",
    [FLOOR].columns = "floor (store_id, floor_id, floor)",
    [GRID].columns =
        "grid (store_id, grid_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, rows)",
    [DEFINITION].columns = "definition (store_id, definition_id, bucket_s, visit_s, cell_m)",
    [OPENING_HOURS].columns = "opening_hours (store_id, weekday, valid_from, opens_at, closes_at)",
    [CAMERA].columns = "camera (store_id, camera_id, camera)",
    [CALIBRATION].columns =
        "calibration (store_id, calibration_id, camera_id, version, first_used_at)",
    [FOOTPRINT].columns =
        "footprint (store_id, footprint_id, camera_id, grid_id, calibration_id, mask)",
    [CAMERA_SET].columns =
        "camera_set (store_id, camera_set_id, grid_id, camera_ids, footprint_ids, mask)",
    [ZONE].columns = "zone (store_id, zone_id, floor_id, kind, zone, geojson, area_m2, valid_from)",
    [ZONE_CELLS].columns = "zone_cells (store_id, zone_id, grid_id, cells)",
    [LINE].columns =
        "counting_line (store_id, line_id, floor_id, line, geojson, inward, valid_from)",
    [WALKABLE].columns = "walkable (store_id, grid_id, mask, cells)",
};

static void print_store(int store)
{
    struct copy_table *row = &tables[STORE];
    copy_ints(row, store);
    copy_text(row, "bench");
    copy_text(row, "store-%d", store);
    copy_text(row, "Europe/Berlin");
    copy_end(row);

    row = &tables[FLOOR];
    copy_ints(row, store, CHAIN_FLOOR);
    copy_text(row, "ground");
    copy_end(row);

    row = &tables[GRID];
    copy_ints(row, store, CHAIN_GRID, CHAIN_FLOOR, 0, 0);
    copy_real(row, SHOP_CELL_M);
    copy_ints(row, SHOP_COLUMNS, SHOP_ROWS);
    copy_end(row);

    row = &tables[DEFINITION];
    copy_ints(row, store, CHAIN_DEFINITION, 60, 5);
    copy_real(row, SHOP_CELL_M);
    copy_end(row);
}

static void print_opening_hours(int store)
{
    struct copy_table *row = &tables[OPENING_HOURS];
    for (int weekday = 1; weekday <= 7; weekday++) {
        copy_ints(row, store, weekday);
        copy_text(row, "2025-01-01");
        copy_text(row, "{%02d:00}", SHOP_OPENS);
        copy_text(row, "{%02d:00}", SHOP_OPENS + SHOP_HOURS);
        copy_end(row);
    }
}

/* ---- places ---- */

static void print_place(int store, int number, const char *kind)
{
    struct copy_table *row = &tables[ZONE];
    copy_ints(row, store, number, CHAIN_FLOOR);
    copy_text(row, "%s", kind);
    copy_text(row, "%s-%d", kind, number);
    copy_text(row, "{\"type\": \"MultiPolygon\", \"coordinates\": []}");
    copy_ints(row, 125);
    copy_text(row, "2025-01-01");
    copy_end(row);
}

static void print_line(int store, int number)
{
    struct copy_table *row = &tables[LINE];
    copy_ints(row, store, number, CHAIN_FLOOR);
    copy_text(row, "line-%d", number);
    copy_text(row, "{\"type\": \"LineString\", \"coordinates\": []}");
    copy_text(row, "%s", number == 1 ? "left_to_right" : "\\N");
    copy_text(row, "2025-01-01");
    copy_end(row);
}

static void print_places(int store)
{
    for (int z = 1; z <= SHOP_ZONES; z++)
        print_place(store, z, "zone");
    for (int l = 1; l <= SHOP_LINES; l++)
        print_line(store, l);
}

/* Shelves between two aisles, with the cells in front of them. */
static void print_fixtures(int store)
{
    struct copy_table *row = &tables[ZONE_CELLS];
    for (int f = 0; f < FIXTURES; f++) {
        int64_t cells[FIXTURE_CELLS];
        int number = SHOP_ZONES + f + 1;
        for (int i = 0; i < FIXTURE_CELLS; i++)
            cells[i] = (12 + i) * SHOP_COLUMNS + 7 + 10 * f;
        print_place(store, number, "fixture");
        copy_ints(row, store, number, CHAIN_GRID);
        copy_array(row, cells, FIXTURE_CELLS);
        copy_end(row);
    }
}

static void set_bit(uint8_t *mask, int cell)
{
    mask[cell / 8] |= (uint8_t) (1 << cell % 8);
}

static void print_walkable(int store)
{
    struct copy_table *row = &tables[WALKABLE];
    uint8_t mask[MASK_BYTES] = { 0 };
    int cells = 0;
    for (int cell = 0; cell < SHOP_CELLS; cell++)
        if (shop_is_walkable(cell)) {
            set_bit(mask, cell);
            cells++;
        }
    copy_ints(row, store, CHAIN_GRID);
    copy_bytes(row, mask, sizeof mask);
    copy_ints(row, cells);
    copy_end(row);
}

/* ---- cameras ---- */

/* Of 4 x 2 cameras each sees its eighth of the floor and half of the next one's. */
static void see(int camera, uint8_t mask[static MASK_BYTES])
{
    int left = (camera - 1) % 4 * SHOP_COLUMNS / 4, low = (camera - 1) / 4 * SHOP_ROWS / 2;
    for (int cell = 0; cell < SHOP_CELLS; cell++) {
        int column = cell % SHOP_COLUMNS - left, row = cell / SHOP_COLUMNS - low;
        if (column >= -SHOP_COLUMNS / 8 && column < SHOP_COLUMNS * 3 / 8 && row >= -10 &&
            row < SHOP_ROWS / 2 + 10)
            set_bit(mask, cell);
    }
}

/* A camera has one calibration and one footprint, which bear its number. */
static void print_camera(int store, int camera)
{
    struct copy_table *row = &tables[CAMERA];
    copy_ints(row, store, camera);
    copy_text(row, "camera-%d", camera);
    copy_end(row);

    row = &tables[CALIBRATION];
    copy_ints(row, store, camera, camera);
    copy_text(row, "%064d", camera - 1); /* stands for a SHA-256 */
    copy_text(row, "2025-06-01");
    copy_end(row);

    uint8_t mask[MASK_BYTES] = { 0 };
    see(camera, mask);
    row = &tables[FOOTPRINT];
    copy_ints(row, store, camera, camera, CHAIN_GRID, camera);
    copy_bytes(row, mask, sizeof mask);
    copy_end(row);
}

/* A set of the first `count` cameras. */
static void print_camera_set(int store, int number, int count)
{
    struct copy_table *row = &tables[CAMERA_SET];
    int64_t ids[CHAIN_CAMERAS];
    uint8_t mask[MASK_BYTES] = { 0 };
    for (int c = 1; c <= count; c++) {
        ids[c - 1] = c;
        see(c, mask);
    }
    copy_ints(row, store, number, CHAIN_GRID);
    copy_array(row, ids, (size_t) count); /* cameras */
    copy_array(row, ids, (size_t) count); /* their footprints */
    copy_bytes(row, mask, sizeof mask);
    copy_end(row);
}

static void print_cameras(int store)
{
    for (int c = 1; c <= CHAIN_CAMERAS; c++)
        print_camera(store, c);
    for (int s = 0; s < CHAIN_CAMERA_SETS; s++)
        print_camera_set(store, s + 1, CHAIN_CAMERAS - s);
}

void chain_print_dimensions(const struct chain_plan *plan)
{
    puts("INSERT INTO chain (chain) VALUES ('bench');");
    for (int s = 1; s <= plan->stores; s++) {
        print_store(s);
        print_opening_hours(s);
        print_places(s);
        if (s <= plan->heat_stores + 1) { /* and the rolled store */
            print_cameras(s);
            print_fixtures(s);
            print_walkable(s);
        }
    }
    copy_flush(tables, TABLES);
}
