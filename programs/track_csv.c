/* track_csv.c - tracks as rows of a CSV file, the same from every program */
#include "programs/track_csv.h"

#include "csv/number.h"

static const char *state_text(enum track_state state)
{
    return state == TRACK_TENTATIVE   ? "tentative"
           : state == TRACK_CONFIRMED ? "confirmed"
                                      : "coasting";
}

void track_csv_write_header(FILE *out)
{
    (void) fputs("time_us,track,x_m,y_m,var_xx,var_xy,var_yy,cameras,state", out);
}

/* A row under construction; a track's numbers are of this world, so they stay short. */
struct row {
    char text[8 * NUMBER_TEXT_SIZE];
    size_t length;
};

static void add_number(struct row *row, double value, int decimals)
{
    row->length += number_print(value, decimals, row->text + row->length);
    row->text[row->length++] = ',';
}

static void add_integer(struct row *row, int64_t value)
{
    row->length += integer_print(value, row->text + row->length);
    row->text[row->length++] = ',';
}

void track_csv_write(FILE *out, int64_t tick_us, const struct track_report *t)
{
    struct row row;
    row.length = 0; /* the text need not be cleared */
    add_integer(&row, tick_us);
    add_integer(&row, (int64_t) t->track);
    add_number(&row, t->position.x, 4);
    add_number(&row, t->position.y, 4);
    add_number(&row, t->covariance.xx, 6);
    add_number(&row, t->covariance.xy, 6);
    add_number(&row, t->covariance.yy, 6);
    add_integer(&row, t->cameras);
    (void) fwrite(row.text, 1, row.length, out);
    (void) fputs(state_text(t->state), out);
}
