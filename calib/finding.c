/* finding.c - a proposed correction of a camera, as a file */
#include "calib/finding.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Shorter beginnings of a version could mean two. */
#define VERSION_DIGITS_MIN 8

/* How far a 3x3, which was written with so many digits, may be from a turn and a move and still be
 * one. */
#define RIGID_TOLERANCE 1e-3

#define AT(member) offsetof(struct finding, member)

static const struct option finding_options[] = {
    { .path = "kind",
      .type = OPTION_STRING,
      .offset = AT(kind),
      .required = true,
      .choices = "calibration-shift",
      .help = "what has been found" },
    { .path = "camera",
      .type = OPTION_ID,
      .offset = AT(camera),
      .required = true,
      .help = "of which camera" },
    { .path = "calibration",
      .type = OPTION_STRING,
      .offset = AT(calibration),
      .required = true,
      .help = "version it was judged against, at least 8 digits" },
    { .path = "correction.dx_m",
      .type = OPTION_DOUBLE,
      .offset = AT(correction.dx_m),
      .min = -1000,
      .max = 1000,
      .help = "floor points move by, m" },
    { .path = "correction.dy_m",
      .type = OPTION_DOUBLE,
      .offset = AT(correction.dy_m),
      .min = -1000,
      .max = 1000,
      .help = "floor points move by, m" },
    { .path = "correction.rotation_deg",
      .type = OPTION_DOUBLE,
      .offset = AT(correction.rotation_deg),
      .min = -360,
      .max = 360,
      .help = "and are turned before that, x towards y" },
    { .path = "correction.about",
      .type = OPTION_NUMBERS,
      .offset = AT(correction.about),
      .min = 2,
      .max = 2,
      .help = "about this point, m" },
    { .path = "correction.floor_from_floor",
      .type = OPTION_NUMBERS,
      .offset = AT(correction.floor_from_floor),
      .min = 9,
      .max = 9,
      .help = "or a 3x3 homography of floor m" },
    { .path = "confidence",
      .type = OPTION_DOUBLE,
      .offset = AT(confidence),
      .max = 1,
      .help = "0..1" },
    { .path = "evidence",
      .type = OPTION_STRING,
      .offset = AT(evidence),
      .help = "what it rests on, for people" },
    { .path = "note", .type = OPTION_STRING, .offset = AT(note), .help = "for people" },
};

void finding_release(struct finding *finding)
{
    options_release(finding_options, ARRAY_LENGTH(finding_options), finding);
}

static bool is_turn(const struct finding *finding)
{
    return finding->correction.floor_from_floor.count == 0;
}

static int check_finding(const struct finding *finding, const char *name, struct problems *problems)
{
    struct matrix3 inverse;
    bool moves = finding->correction.dx_m != 0 || finding->correction.dy_m != 0 ||
                 finding->correction.rotation_deg != 0;
    size_t before = problems->count;
    if (strlen(finding->calibration) < VERSION_DIGITS_MIN ||
        strspn(finding->calibration, "0123456789abcdef") != strlen(finding->calibration))
        problems_add(problems,
                     "%s: calibration must be a version, %d or more of the digits that floorfuse "
                     "calibrate check prints",
                     name, VERSION_DIGITS_MIN);
    if (is_turn(finding) && !moves)
        problems_add(problems, "%s: correction moves nothing; give dx_m, dy_m or rotation_deg",
                     name);
    if (!is_turn(finding) && moves)
        problems_add(problems,
                     "%s: correction has both floor_from_floor and dx_m, dy_m or rotation_deg; "
                     "give one",
                     name);
    if (matrix3_invert(finding_floor_from_floor(finding), &inverse) < 0 ||
        matrix3_det(finding_floor_from_floor(finding)) < 0)
        problems_add(problems, "%s: correction.floor_from_floor is singular or mirrors the floor",
                     name);
    return problems->count > before ? -EINVAL : 0;
}

int finding_read(const char *text, const char *name, struct finding *ret_finding,
                 struct problems *problems)
{
    int r = options_parse(text, name, finding_options, ARRAY_LENGTH(finding_options), ret_finding,
                          problems);
    return r < 0 ? r : check_finding(ret_finding, name, problems);
}

bool finding_is_about(const struct finding *finding, const char *version)
{
    return strncmp(finding->calibration, version, strlen(finding->calibration)) == 0;
}

/* Scaled so that the last entry is 1, where it can be. */
static struct matrix3 given_map(const struct number_list *list)
{
    struct matrix3 map;
    double scale = list->values[8] != 0 ? list->values[8] : 1;
    for (int i = 0; i < 9; i++)
        map.m[i] = list->values[i] / scale;
    return map;
}

struct matrix3 finding_floor_from_floor(const struct finding *finding)
{
    if (!is_turn(finding))
        return given_map(&finding->correction.floor_from_floor);
    double angle = finding->correction.rotation_deg * M_PI / 180, c = cos(angle), s = sin(angle);
    const struct number_list *about = &finding->correction.about;
    double x = about->count ? about->values[0] : 0, y = about->count ? about->values[1] : 0;
    return (struct matrix3){ { c, -s, x - c * x + s * y + finding->correction.dx_m, //
                               s, c, y - s * x - c * y + finding->correction.dy_m,  //
                               0, 0, 1 } };
}

static bool is_rigid(const struct matrix3 *map)
{
    const double *m = map->m;
    return fabs(m[6]) + fabs(m[7]) <= RIGID_TOLERANCE &&
           fabs(m[0] - m[4]) + fabs(m[1] + m[3]) <= RIGID_TOLERANCE &&
           fabs(m[0] * m[0] + m[3] * m[3] - 1) <= RIGID_TOLERANCE;
}

/* The same without what its digits leave out. */
static struct matrix3 nearest_turn(const struct matrix3 *map)
{
    double angle = atan2(map->m[3] - map->m[1], map->m[0] + map->m[4]);
    double c = cos(angle), s = sin(angle);
    return (struct matrix3){ { c, -s, map->m[2], s, c, map->m[5], 0, 0, 1 } };
}

/* R' = R Rz^-1 and t' = t - R' d: the camera sees the corrected floor as it saw the old one. The
 * columns of a 3x4 matrix follow the same rule. */
static void move_columns(double *rows, int columns, double *last, int last_stride,
                         const struct matrix3 *map)
{
    const double *m = map->m;
    for (int row = 0; row < 3; row++) {
        double *r = rows + (ptrdiff_t) row * columns, x = r[0], y = r[1];
        r[0] = x * m[0] + y * m[1];
        r[1] = x * m[3] + y * m[4];
        last[(ptrdiff_t) row * last_stride] -= r[0] * m[2] + r[1] * m[5];
    }
}

static void move_homography(double *values, const struct matrix3 *map)
{
    struct matrix3 old;
    memcpy(old.m, values, sizeof(old.m));
    struct matrix3 moved = matrix3_multiply(*map, old);
    memcpy(values, moved.m, sizeof(moved.m));
}

static void move_points(struct number_lists *points, const struct matrix3 *map)
{
    for (size_t i = 0; i < points->count; i++) {
        double *v = points->items[i].values, at[3];
        matrix3_apply(map, v[2], v[3], 1, at);
        v[2] = at[0] / at[2];
        v[3] = at[1] / at[2];
    }
}

int finding_apply(const struct finding *finding, struct camera_file *file)
{
    struct matrix3 map = finding_floor_from_floor(finding);
    bool knows_heights = file->floor_from_image.count == 0;
    if (knows_heights && !is_rigid(&map))
        return -EDOM;
    if (knows_heights)
        map = nearest_turn(&map);
    if (file->floor_from_image.count == 9)
        move_homography(file->floor_from_image.values, &map);
    if (file->image_from_floor.count == 12)
        move_columns(file->image_from_floor.values, 4, file->image_from_floor.values + 3, 4, &map);
    if (file->pinhole.rotation.count == 9 && file->pinhole.translation.count == 3)
        move_columns(file->pinhole.rotation.values, 3, file->pinhole.translation.values, 1, &map);
    move_points(&file->points, &map);
    return 0;
}
