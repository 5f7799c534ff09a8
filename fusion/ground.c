/*
 * ground.c - where people can stand
 */
#include "fusion/ground.h"

#include <errno.h>
#include <stdlib.h>

/* Widen a mask by so many cells along rows, then along columns: a square is good enough. */
static void widen(const struct grid *grid, const uint8_t *from, int cells, bool along_rows,
                  uint8_t *to)
{
    int columns = (int) grid->columns, rows = (int) grid->rows;
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
            for (int step = -cells; step <= cells; step++) {
                int c = along_rows ? column + step : column, r = along_rows ? row : row + step;
                if (c < 0 || r < 0 || c >= columns || r >= rows ||
                    !grid_mask_test(from, (uint32_t) (r * columns + c)))
                    continue;
                grid_mask_set(to, (uint32_t) (row * columns + column));
                break;
            }
}

int ground_init(struct ground *ground, const struct grid *grid, const uint8_t *walkable)
{
    int cells = (int) (GROUND_MARGIN_M / grid->cell_m);
    uint8_t *along = calloc((size_t) grid_mask_bytes(grid) + 1, 1);
    uint8_t *mask = calloc((size_t) grid_mask_bytes(grid) + 1, 1);
    if (!along || !mask) {
        free(along);
        free(mask);
        return -ENOMEM;
    }
    widen(grid, walkable, cells, true, along);
    widen(grid, along, cells, false, mask);
    free(along);
    *ground = (struct ground){ .grid = *grid, .mask = mask };
    return 0;
}

/* The cells of the rectangle around an entrance whose centres are near to it. */
static void add_door(struct ground *ground, const struct feature *entrance)
{
    const struct grid *grid = &ground->grid;
    int reach = (int) (GROUND_DOOR_M / grid->cell_m) + 1;
    int first_column = (int) ((entrance->low.x - grid->origin.x) / grid->cell_m) - reach;
    int first_row = (int) ((entrance->low.y - grid->origin.y) / grid->cell_m) - reach;
    int end_column = (int) ((entrance->high.x - grid->origin.x) / grid->cell_m) + reach + 1;
    int end_row = (int) ((entrance->high.y - grid->origin.y) / grid->cell_m) + reach + 1;
    for (int row = first_row < 0 ? 0 : first_row; row < end_row && row < (int) grid->rows; row++)
        for (int column = first_column < 0 ? 0 : first_column;
             column < end_column && column < (int) grid->columns; column++) {
            uint32_t cell = (uint32_t) row * grid->columns + (uint32_t) column;
            struct floor_m centre = grid_cell_centre(grid, cell);
            if (feature_contains(entrance, centre) ||
                feature_edge_distance_m(entrance, centre) <= GROUND_DOOR_M)
                grid_mask_set(ground->doors, cell);
        }
}

int ground_add_doors(struct ground *ground, const struct floor_map *map)
{
    for (size_t i = 0; i < map->feature_count; i++) {
        if (map->features[i].kind != FEATURE_ENTRANCE)
            continue;
        if (!ground->doors)
            ground->doors = calloc((size_t) grid_mask_bytes(&ground->grid) + 1, 1);
        if (!ground->doors)
            return -ENOMEM;
        add_door(ground, &map->features[i]);
    }
    return 0;
}

bool ground_is_door(const struct ground *ground, struct floor_m place)
{
    uint32_t cell = ground->doors ? grid_cell_at(&ground->grid, place) : GRID_OUTSIDE;
    return cell != GRID_OUTSIDE && grid_mask_test(ground->doors, cell);
}

void ground_release(struct ground *ground)
{
    free(ground->mask);
    free(ground->doors);
    *ground = (struct ground){ 0 };
}

static double within(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

bool ground_can_stand(const struct ground *ground, struct floor_m place)
{
    const struct grid *grid = &ground->grid;
    double inside_m = grid->cell_m / 2;
    struct floor_m nearest = {
        within(place.x, grid->origin.x + inside_m,
               grid->origin.x + grid->columns * grid->cell_m - inside_m),
        within(place.y, grid->origin.y + inside_m,
               grid->origin.y + grid->rows * grid->cell_m - inside_m),
    };
    double margin_m = GROUND_MARGIN_M + inside_m;
    if (floor_distance2_m2(place, nearest) > margin_m * margin_m)
        return false;
    return grid_mask_test(ground->mask, grid_cell_at(grid, nearest));
}
