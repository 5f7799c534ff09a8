/* event_csv.c - what happened in zones and on lines as rows of a CSV file */
#include "programs/event_csv.h"

#include <inttypes.h>
#include <string.h>

void event_csv_write_header(FILE *out)
{
    (void) fputs("time_us,event,track,place,direction,stay_ms,x_m,y_m\n", out);
}

/* Names are what somebody typed into a map: quoted where CSV needs it. */
static void write_name(FILE *out, const char *name)
{
    if (!strpbrk(name, ",\"\r\n")) {
        (void) fputs(name, out);
        return;
    }
    (void) fputc('"', out);
    for (; *name; name++) {
        if (*name == '"')
            (void) fputc('"', out);
        (void) fputc(*name, out);
    }
    (void) fputc('"', out);
}

static bool has_stay(const struct zone_event *event)
{
    return event->kind == EVENT_ZONE_LEFT || event->kind == EVENT_ZONE_VISIT ||
           event->kind == EVENT_FLOOR_LEFT;
}

void event_csv_write(FILE *out, const struct zone_event *event)
{
    (void) fprintf(out, "%" PRId64 ",%s,%" PRIu64 ",", event->time_us, zone_event_text(event->kind),
                   event->track);
    write_name(out, event->place);
    (void) fputs(event->kind != EVENT_LINE_CROSSED   ? ","
                 : event->direction == LEFT_TO_RIGHT ? ",left_to_right"
                                                     : ",right_to_left",
                 out);
    if (has_stay(event))
        (void) fprintf(out, ",%" PRId64, event->stay_ms);
    else
        (void) fputc(',', out);
    (void) fprintf(out, ",%.4f,%.4f\n", event->position.x, event->position.y);
}
