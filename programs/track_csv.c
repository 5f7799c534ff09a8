/* track_csv.c - tracks as rows of a CSV file, the same from every program */
#include "programs/track_csv.h"

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

void track_csv_write(FILE *out, int64_t tick_us, const struct track_report *t)
{
    (void) fprintf(out, "%lld,%llu,%.4f,%.4f,%.6f,%.6f,%.6f,%u,%s", (long long) tick_us,
                   (unsigned long long) t->track, t->position.x, t->position.y, t->covariance.xx,
                   t->covariance.xy, t->covariance.yy, t->cameras, state_text(t->state));
}
