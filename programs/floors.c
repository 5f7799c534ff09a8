/*
 * floors.c - what a config says about a floor, loaded
 */
#include "programs/floors.h"

#include <errno.h>

/* 16 million cells are a square kilometre of 25 cm cells. */
#define CELLS_MAX 16e6

struct floor_m floor_plan_origin(const struct floor_config *floor)
{
    const struct number_list *origin = &floor->plan.origin_m;
    if (origin->count != 2)
        return (struct floor_m){ 0, 0 };
    return (struct floor_m){ origin->values[0], origin->values[1] };
}

int floor_load_plan(const struct floor_config *floor, struct image **ret_plan, struct error *err)
{
    *ret_plan = NULL;
    return floor->plan.png ? image_read_png(floor->plan.png, ret_plan, err) : 0;
}

int floor_load_map(const struct floor_config *floor, struct floor_map **ret_map, struct error *err)
{
    if (floor->geojson)
        return floor_map_load(floor->geojson, ret_map, err);
    AUTO(image_unref) struct image *plan = NULL;
    int r = floor_load_plan(floor, &plan, err);
    if (r < 0)
        return r;
    if (!plan)
        return error_set(err, -EINVAL,
                         "floor %s has neither a geojson nor a plan; say where people can walk",
                         floor->id);
    struct floor_m low = floor_plan_origin(floor);
    struct floor_m high = { low.x + plan->width * floor->plan.metres_per_pixel,
                            low.y + plan->height * floor->plan.metres_per_pixel };
    r = floor_map_rectangle(low, high, ret_map);
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

int floor_check_cells(const struct floor_map *map, const char *floor, double cell_m,
                      struct error *err)
{
    struct floor_m low, high;
    floor_map_bounds(map, &low, &high);
    double cells = (high.x - low.x) / cell_m * ((high.y - low.y) / cell_m);
    if (cells <= CELLS_MAX)
        return 0;
    return error_set(
        err, -EINVAL,
        "floor %s is %.0f x %.0f m, which is %.0f million cells of heat.cell_m; is its "
        "geojson in metres?",
        floor, high.x - low.x, high.y - low.y, cells / 1e6);
}
