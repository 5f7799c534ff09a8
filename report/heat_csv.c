/*
 * heat_csv.c - heat as a table, one row a cell
 */
#include <errno.h>

#include "base/file.h"
#include "base/text.h"
#include "report/heat_picture.h"

int heat_write_csv(const struct heat_sums *sums, const char *path, struct error *err)
{
    AUTO(text_release) struct text text = TEXT_INIT;
    text_append(&text, "x_m,y_m,dwell_s,passes,move_x_m,move_y_m,exposure_s\n");
    for (uint32_t cell = 0; cell < grid_cells(&sums->grid); cell++) {
        struct floor_m centre = grid_cell_centre(&sums->grid, cell);
        bool known = sums->exposure_s[cell] > 0 || sums->dwell_s[cell] > 0;
        text_format(&text, "%.3f,%.3f,", centre.x, centre.y);
        if (known)
            text_format(&text, "%.3f,%.0f,%.3f,%.3f,", sums->dwell_s[cell], sums->passes[cell],
                        sums->move_x_m[cell], sums->move_y_m[cell]);
        else
            text_append(&text, ",,,,");
        text_format(&text, "%.3f\n", sums->exposure_s[cell]);
    }
    if (text.failed)
        return error_set(err, -ENOMEM, "out of memory");
    return file_write(path, text.bytes, text.length, 0644, err);
}
