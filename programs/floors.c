/*
 * floors.c - what a config says about a floor, loaded
 */
#include "programs/floors.h"

#include <errno.h>

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
