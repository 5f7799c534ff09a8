/*
 * plain_store.c - a store made from a few numbers
 */
#include "sim/plain_store.h"

#include <errno.h>

#include "base/text.h"
#include "sim/sim_config.h"

/* Two shelves back to back. */
#define GONDOLA_M 1.0

/* Between the outermost shelves and the side walls, before the back wall, across deep stores. */
#define SIDE_AISLE_M  2.0
#define BACK_AISLE_M  2.5
#define CROSS_AISLE_M 2.5

/* Two trolleys pass in 1.4 m; shops build 1.6 m and more. */
#define AISLE_MIN_M 1.4

/* Shelves deeper than this get a cross aisle. */
#define DEEP_M    20.0
#define ROW_MIN_M 2.0

/* From the front wall to the first shelf: with checkouts there is room for queues. */
#define FRONT_M           3.0
#define FRONT_CHECKOUTS_M 11.0

/* A lane is wide enough for a wheelchair (0.9 m) and its counter as high as a table. */
#define LANE_M           1.1
#define COUNTER_M        0.7
#define COUNTER_LOW_M    3.0
#define COUNTER_HIGH_M   5.6
#define COUNTER_HEIGHT_M 0.9

#define ENTRANCE_LOW_M  1.5
#define ENTRANCE_HIGH_M 4.5
#define HALL_DOOR_M     4.0

static double lane_pitch_m(void)
{
    return LANE_M + COUNTER_M;
}

static double front_m(const struct sim_floor_config *c)
{
    return c->checkouts ? FRONT_CHECKOUTS_M : FRONT_M;
}

static double rows_m(const struct sim_floor_config *c)
{
    return c->width_m - front_m(c) - BACK_AISLE_M;
}

static double aisle_pitch_m(const struct sim_floor_config *c)
{
    return (c->length_m - 2 * SIDE_AISLE_M - GONDOLA_M) / c->aisles;
}

int plain_store_check(const struct sim_floor_config *c, struct error *err)
{
    if (c->aisles == 0)
        return 0;
    double aisle_m = aisle_pitch_m(c) - GONDOLA_M;
    if (aisle_m < AISLE_MIN_M)
        return error_set(err, -EINVAL,
                         "%d aisles in %g m would be %.2f m wide and people need %.1f m; take "
                         "fewer aisles or more length_m",
                         c->aisles, c->length_m, aisle_m, AISLE_MIN_M);
    if (rows_m(c) < ROW_MIN_M)
        return error_set(err, -EINVAL,
                         "a width of %g m leaves no room for shelves; give width_m of at least %g",
                         c->width_m, front_m(c) + BACK_AISLE_M + ROW_MIN_M);
    double lanes_m = ENTRANCE_HIGH_M + 1 + COUNTER_M + c->checkouts * lane_pitch_m();
    if (lanes_m > c->length_m)
        return error_set(err, -EINVAL,
                         "%d checkouts and the entrance need %.1f m; take fewer checkouts or more "
                         "length_m",
                         c->checkouts, lanes_m);
    return 0;
}

/* ---- GeoJSON ---- */

static void begin(struct text *text, const char *id, const char *kind, double height_m)
{
    text_format(text,
                "%s    { \"type\": \"Feature\", \"id\": \"%s\", \"properties\": { \"kind\": \"%s\"",
                text->bytes[text->length - 1] == '\n' ? "" : ",\n", id, kind);
    if (height_m > 0)
        text_format(text, ", \"height_m\": %g", height_m);
    text_append(text, " },\n      \"geometry\": ");
}

static void add_rectangle(struct text *text, const char *id, const char *kind, double height_m,
                          struct floor_m low, struct floor_m high)
{
    begin(text, id, kind, height_m);
    text_format(text,
                "{ \"type\": \"Polygon\", \"coordinates\": [[[%.9g, %.9g], [%.9g, %.9g], "
                "[%.9g, %.9g], [%.9g, %.9g], [%.9g, %.9g]]] } }",
                low.x, low.y, high.x, low.y, high.x, high.y, low.x, high.y, low.x, low.y);
}

static void add_line(struct text *text, const char *id, const char *kind, struct floor_m from,
                     struct floor_m to)
{
    begin(text, id, kind, 0);
    text_format(text,
                "{ \"type\": \"LineString\", \"coordinates\": [[%.9g, %.9g], [%.9g, %.9g]] } }",
                from.x, from.y, to.x, to.y);
}

static void add_row(struct text *text, const struct sim_floor_config *c, int row)
{
    double left = SIDE_AISLE_M + row * aisle_pitch_m(c), right = left + GONDOLA_M;
    double low = front_m(c), high = low + rows_m(c);
    double part_m = (rows_m(c) - CROSS_AISLE_M) / 2;
    char id[32];
    (void) snprintf(id, sizeof(id), "shelf-%d", row + 1);
    if (rows_m(c) <= DEEP_M) {
        add_rectangle(text, id, "shelf", c->shelf_height_m, (struct floor_m){ left, low },
                      (struct floor_m){ right, high });
        return;
    }
    add_rectangle(text, id, "shelf", c->shelf_height_m, (struct floor_m){ left, low },
                  (struct floor_m){ right, low + part_m });
    (void) snprintf(id, sizeof(id), "shelf-%d-back", row + 1);
    add_rectangle(text, id, "shelf", c->shelf_height_m, (struct floor_m){ left, high - part_m },
                  (struct floor_m){ right, high });
}

/* Lane `index` from the right, with the counter on its right; the zone reaches into the queue. */
static void add_checkout(struct text *text, const struct sim_floor_config *c, int index)
{
    double right = c->length_m - index * lane_pitch_m(), lane = right - lane_pitch_m();
    char id[32];
    (void) snprintf(id, sizeof(id), "counter-%d", index + 1);
    add_rectangle(text, id, "shelf", COUNTER_HEIGHT_M,
                  (struct floor_m){ right - COUNTER_M, COUNTER_LOW_M },
                  (struct floor_m){ right, COUNTER_HIGH_M });
    (void) snprintf(id, sizeof(id), "checkout-%d", index + 1);
    add_rectangle(text, id, "zone", 0, (struct floor_m){ lane, COUNTER_LOW_M },
                  (struct floor_m){ lane + LANE_M, COUNTER_HIGH_M + 1 });
}

static void add_front(struct text *text, const struct sim_floor_config *c)
{
    add_line(text, "entrance", "entrance", (struct floor_m){ ENTRANCE_LOW_M, 0 },
             (struct floor_m){ ENTRANCE_HIGH_M < c->length_m ? ENTRANCE_HIGH_M : c->length_m, 0 });
    for (int i = 0; i < c->checkouts; i++)
        add_checkout(text, c, i);
    if (c->checkouts == 0)
        return;
    double right = c->length_m - c->checkouts * lane_pitch_m();
    add_rectangle(text, "counter-last", "shelf", COUNTER_HEIGHT_M,
                  (struct floor_m){ right - COUNTER_M, COUNTER_LOW_M },
                  (struct floor_m){ right, COUNTER_HIGH_M });
}

static void add_hall_doors(struct text *text, const struct sim_floor_config *c)
{
    double half = HALL_DOOR_M < c->width_m ? HALL_DOOR_M / 2 : c->width_m / 2;
    double low = c->width_m / 2 - half, high = c->width_m / 2 + half;
    add_line(text, "west", "entrance", (struct floor_m){ 0, low }, (struct floor_m){ 0, high });
    add_line(text, "east", "entrance", (struct floor_m){ c->length_m, low },
             (struct floor_m){ c->length_m, high });
}

int plain_store_geojson(const struct sim_floor_config *config, char **ret_text, size_t *ret_length,
                        struct error *err)
{
    AUTO(text_release) struct text text = TEXT_INIT;
    int r = plain_store_check(config, err);
    if (r < 0)
        return r;
    text_append(&text, "{ \"type\": \"FeatureCollection\", \"features\": [\n");
    add_rectangle(&text, "floor", "walkable", 0, (struct floor_m){ 0, 0 },
                  (struct floor_m){ config->length_m, config->width_m });
    if (config->aisles == 0)
        add_hall_doors(&text, config);
    else
        add_front(&text, config);
    for (int row = 0; config->aisles > 0 && row <= config->aisles; row++)
        add_row(&text, config, row);
    text_append(&text, "\n] }\n");
    size_t length = text.length;
    *ret_text = text_take(&text);
    *ret_length = length;
    return *ret_text ? 0 : error_set(err, -ENOMEM, "out of memory");
}
