/*
 * camera_file.c - the camera file as written
 *
 * The option table catches unknown keys, wrong types and wrong counts; what is left to check here
 * needs more than one number: one model and not two, rotations that rotate, matrices that can be
 * inverted, a picture that meets the floor.
 */
#include "calib/camera_file.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

#define IMAGE_SIZE_MAX_PX 16384

/* How far rows of a rotation may be from unit length and from right angles. */
#define ROTATION_TOLERANCE 1e-6

/* The picture is probed at this many places a side for one that meets the floor. */
#define PROBES 17

#define AT(member) offsetof(struct camera_file, member)
/* Lens coefficients are of the order of 1; anything near the bound is a slip of the pen. */
#define COEFFICIENT(letter, what)                                                                \
    {                                                                                            \
        .path = "lens." #letter, .type = OPTION_DOUBLE, .offset = AT(lens.letter), .min = -1000, \
        .max = 1000, .help = what                                                                \
    }
#define NUMBERS(name, member, how_many, what)                                        \
    {                                                                                \
        .path = name, .type = OPTION_NUMBERS, .offset = AT(member), .min = how_many, \
        .max = how_many, .help = what                                                \
    }
#define SIZE(name, member, what)                                                            \
    {                                                                                       \
        .path = name, .type = OPTION_INT, .offset = AT(member), .required = true, .min = 1, \
        .max = IMAGE_SIZE_MAX_PX, .help = what                                              \
    }

static const struct option camera_file_options[] = {
    SIZE("image.width", width_px, "of the full frame, px"),
    SIZE("image.height", height_px, "of the full frame, px"),
    NUMBERS("floor_from_image", floor_from_image, 9, "3x3, undistorted px to floor m"),
    NUMBERS("image_from_floor", image_from_floor, 12, "3x4, floor m (x y z 1) to undistorted px"),
    NUMBERS("pinhole.focal", pinhole.focal, 2, "fx fy, px"),
    NUMBERS("pinhole.centre", pinhole.centre, 2, "cx cy, px; (0,0) is the picture's corner"),
    NUMBERS("pinhole.rotation", pinhole.rotation, 9, "3x3, camera from floor"),
    NUMBERS("pinhole.translation", pinhole.translation, 3, "camera from floor, m"),
    COEFFICIENT(k1, "radial, r^2"),
    COEFFICIENT(k2, "radial, r^4"),
    COEFFICIENT(p1, "tangential"),
    COEFFICIENT(p2, "tangential"),
    COEFFICIENT(k3, "radial, r^6"),
    NUMBERS("lens.focal", lens.focal, 2, "fx fy, px; only without pinhole"),
    NUMBERS("lens.centre", lens.centre, 2, "cx cy, px; only without pinhole"),
    { .path = "author", .type = OPTION_STRING, .offset = AT(author), .help = "who made it" },
    { .path = "note", .type = OPTION_STRING, .offset = AT(note), .help = "for people" },
    { .path = "valid_from",
      .type = OPTION_STRING,
      .offset = AT(valid_from),
      .help = "time (UTC, ISO 8601) from which on the camera stands like this" },
    { .path = "points",
      .type = OPTION_NUMBER_LISTS,
      .offset = AT(points),
      .min = 5,
      .max = 5,
      .help = "what it was fitted to: [x, y px, x, y, z floor m] each" },
    { .path = "fit.model",
      .type = OPTION_STRING,
      .offset = AT(fit.model),
      .choices = "homography|pinhole|pinhole-k1|pinhole-k1k2|pinhole-centre|pinhole-centre-k1|pose",
      .help = "what was fitted to the points" },
    { .path = "fit.sigma_px",
      .type = OPTION_DOUBLE,
      .offset = AT(fit.sigma_px),
      .max = 1000,
      .help = "standard deviation of a marked point, px; 0: not known" },
};

void camera_file_release(struct camera_file *file)
{
    options_release(camera_file_options, ARRAY_LENGTH(camera_file_options), file);
}

/* Where we are while checking. */
struct check {
    const char *text, *name;
    struct problems *problems;
};

/* Past a comment or a string that starts at `at`; `at` itself when none does. */
static const char *skip_comment_or_string(const char *at)
{
    if (*at == '#' || (at[0] == '/' && at[1] == '/'))
        return at + strcspn(at, "\n");
    if (at[0] == '/' && at[1] == '*') {
        const char *end = strstr(at + 2, "*/");
        return end ? end + 2 : at + strlen(at);
    }
    if (*at != '"')
        return at;
    for (at++; *at && *at != '"'; at++) {
        if (at[0] == '\\' && at[1])
            at++;
    }
    return *at ? at + 1 : at;
}

/* The next word or end of text from `at` on that is not in a comment or string. */
static const char *next_word(const char *at)
{
    while (*at && !isalpha((unsigned char) *at)) {
        const char *skipped = skip_comment_or_string(at);
        at = skipped != at ? skipped : at + 1;
    }
    return at;
}

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (isalnum((unsigned char) at[length]) || at[length] == '_')
        length++;
    return length;
}

static int line_at(const char *text, const char *at)
{
    int line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/*
 * The line on which a setting is written, so that sentences can name it: "pinhole.focal" is the
 * first word "focal" behind the first word "pinhole". 1 when it is not there.
 */
static int line_of(const char *text, const char *path)
{
    const char *at = next_word(text);
    while (*at) {
        size_t length = word_length(at);
        size_t wanted = strcspn(path, ".");
        if (length == wanted && strncmp(at, path, wanted) == 0) {
            if (!path[wanted])
                return line_at(text, at);
            path += wanted + 1;
        }
        at = next_word(at + length);
    }
    return 1;
}

/*
 * The first line that could be an @include, 0 if none. libconfig obeys them wherever a line starts
 * with one; the text may have come over the wire and must not make us read files of this machine.
 */
static int line_of_include(const char *text)
{
    int line = 1;
    for (const char *at = text; *at; at++, line++) {
        at += strspn(at, " \t");
        if (*at == '@')
            return line;
        at += strcspn(at, "\n");
        if (!*at)
            break;
    }
    return 0;
}

static void add_problem(const struct check *check, const char *path, const char *sentence)
{
    problems_add(check->problems, "%s:%d: %s", check->name, line_of(check->text, path), sentence);
}

static bool check_finite(const struct check *check, const char *path,
                         const struct number_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!isfinite(list->values[i])) {
            problems_add(check->problems, "%s:%d: %s: number %zu is not finite", check->name,
                         line_of(check->text, path), path, i + 1);
            return false;
        }
    }
    return true;
}

/* Focal lengths and centre together; path_focal names where they stand. */
static bool check_intrinsics(const struct check *check, const char *path_focal,
                             const char *path_centre, const struct number_list *focal,
                             const struct number_list *centre)
{
    if (!check_finite(check, path_focal, focal) || !check_finite(check, path_centre, centre))
        return false;
    if (focal->values[0] > 0 && focal->values[1] > 0)
        return true;
    problems_add(check->problems, "%s:%d: %s must be positive; it is in px", check->name,
                 line_of(check->text, path_focal), path_focal);
    return false;
}

/* Rows of unit length, at right angles, and not mirrored. */
static bool check_rotation(const struct check *check, const double *r)
{
    double worst = 0;
    for (int i = 0; i < 3; i++) {
        for (int j = i; j < 3; j++) {
            double dot =
                r[3 * i] * r[3 * j] + r[3 * i + 1] * r[3 * j + 1] + r[3 * i + 2] * r[3 * j + 2];
            worst = fmax(worst, fabs(dot - (i == j)));
        }
    }
    if (!(worst <= ROTATION_TOLERANCE)) {
        problems_add(check->problems,
                     "%s:%d: pinhole.rotation is not a rotation: its rows are off unit length or "
                     "right angles by %.3g, more than %.0e; write more digits or check the numbers",
                     check->name, line_of(check->text, "pinhole.rotation"), worst,
                     ROTATION_TOLERANCE);
        return false;
    }
    struct matrix3 m;
    memcpy(m.m, r, sizeof(m.m));
    if (matrix3_det(m) > 0)
        return true;
    add_problem(check, "pinhole.rotation",
                "pinhole.rotation mirrors (its determinant is -1); the floor's frame must be "
                "right-handed with z up, the camera's x right, y down, z forward");
    return false;
}

static bool pinhole_given(const struct camera_file *file)
{
    return file->pinhole.focal.count || file->pinhole.centre.count ||
           file->pinhole.rotation.count || file->pinhole.translation.count;
}

/* A pinhole is whole or not there. */
static bool check_pinhole_complete(const struct check *check, const struct camera_file *file)
{
    const struct {
        const char *name;
        const struct number_list *list;
    } parts[] = {
        { "focal", &file->pinhole.focal },
        { "centre", &file->pinhole.centre },
        { "rotation", &file->pinhole.rotation },
        { "translation", &file->pinhole.translation },
    };
    bool complete = true;
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (parts[i].list->count)
            continue;
        problems_add(check->problems, "%s:%d: pinhole.%s is missing", check->name,
                     line_of(check->text, "pinhole"), parts[i].name);
        complete = false;
    }
    return complete;
}

static bool check_pinhole(const struct check *check, const struct camera_file *file)
{
    if (!check_pinhole_complete(check, file))
        return false;
    bool good = check_intrinsics(check, "pinhole.focal", "pinhole.centre", &file->pinhole.focal,
                                 &file->pinhole.centre);
    good &= check_finite(check, "pinhole.translation", &file->pinhole.translation);
    return good && check_finite(check, "pinhole.rotation", &file->pinhole.rotation) &&
           check_rotation(check, file->pinhole.rotation.values);
}

/* P = K [R | t]. */
static void matrix_of_pinhole(const struct camera_file *file, double ret_matrix[static 12])
{
    const double *f = file->pinhole.focal.values, *c = file->pinhole.centre.values;
    const double *r = file->pinhole.rotation.values, *t = file->pinhole.translation.values;
    for (int column = 0; column < 4; column++) {
        double x = column < 3 ? r[column] : t[0];
        double y = column < 3 ? r[3 + column] : t[1];
        double z = column < 3 ? r[6 + column] : t[2];
        ret_matrix[column] = f[0] * x + c[0] * z;
        ret_matrix[4 + column] = f[1] * y + c[1] * z;
        ret_matrix[8 + column] = z;
    }
}

static bool project_matrix(const struct check *check, const char *path, const double *matrix,
                           struct projection *ret_projection)
{
    int r = projection_of_matrix(matrix, ret_projection);
    if (r == -EDOM) {
        problems_add(check->problems,
                     "%s:%d: %s puts the camera on or below the floor; it must take floor metres "
                     "(z up) to the camera, not the other way round",
                     check->name, line_of(check->text, path), path);
    } else if (r < 0) {
        problems_add(check->problems, "%s:%d: %s is singular: it maps the floor to a line",
                     check->name, line_of(check->text, path), path);
    }
    return r == 0;
}

/* Exactly one model is given, and it is a good one. */
static bool read_projection(const struct check *check, const struct camera_file *file,
                            struct projection *ret_projection, const char **ret_path)
{
    bool homography = file->floor_from_image.count, matrix = file->image_from_floor.count;
    bool pinhole = pinhole_given(file);
    int given = homography + matrix + pinhole;
    if (given != 1) {
        problems_add(check->problems,
                     "%s:%d: give exactly one of floor_from_image, image_from_floor and pinhole; "
                     "here %s",
                     check->name,
                     line_of(check->text, matrix ? "image_from_floor" : "floor_from_image"),
                     given > 1 ? "is more than one" : "is none");
        return false;
    }
    if (homography) {
        *ret_path = "floor_from_image";
        if (!check_finite(check, *ret_path, &file->floor_from_image))
            return false;
        if (projection_of_homography(file->floor_from_image.values, ret_projection) == 0)
            return true;
        add_problem(check, *ret_path, "floor_from_image is singular: it maps the floor to a line");
        return false;
    }
    if (matrix) {
        *ret_path = "image_from_floor";
        return check_finite(check, *ret_path, &file->image_from_floor) &&
               project_matrix(check, *ret_path, file->image_from_floor.values, ret_projection);
    }
    *ret_path = "pinhole";
    double product[12];
    if (!check_pinhole(check, file))
        return false;
    matrix_of_pinhole(file, product);
    return project_matrix(check, *ret_path, product, ret_projection);
}

/* Whose focal lengths the lens works with. */
static bool read_lens(const struct check *check, const struct camera_file *file,
                      struct lens *ret_lens)
{
    struct lens lens = { .k1 = file->lens.k1,
                         .k2 = file->lens.k2,
                         .p1 = file->lens.p1,
                         .p2 = file->lens.p2,
                         .k3 = file->lens.k3 };
    bool own = file->lens.focal.count || file->lens.centre.count, pinhole = pinhole_given(file);
    lens.active = lens.k1 != 0 || lens.k2 != 0 || lens.p1 != 0 || lens.p2 != 0 || lens.k3 != 0;
    if (own && pinhole) {
        add_problem(check, file->lens.focal.count ? "lens.focal" : "lens.centre",
                    "lens.focal and lens.centre contradict pinhole, which has them; remove them");
        return false;
    }
    const struct number_list *focal = pinhole ? &file->pinhole.focal : &file->lens.focal;
    const struct number_list *centre = pinhole ? &file->pinhole.centre : &file->lens.centre;
    if ((lens.active || own) && (!focal->count || !centre->count)) {
        add_problem(check, "lens",
                    "lens distortion needs lens.focal = [fx, fy] and lens.centre = [cx, cy] when "
                    "there is no pinhole");
        return false;
    }
    if (own && !check_intrinsics(check, "lens.focal", "lens.centre", focal, centre))
        return false;
    if (lens.active) {
        lens.focal_x_px = focal->values[0];
        lens.focal_y_px = focal->values[1];
        lens.centre_x_px = centre->values[0];
        lens.centre_y_px = centre->values[1];
        lens_find_limit(&lens);
    }
    *ret_lens = lens;
    return true;
}

static bool meets_floor(const struct camera_model *model, double x, double y)
{
    struct undistorted_px p;
    struct floor_m point;
    return lens_undistort(&model->lens, (struct image_px){ x, y }, &p, NULL) == 0 &&
           projection_to_plane(&model->projection, p, 0, &point, NULL) == 0;
}

/* The lowest pixel in the middle that the lens model reaches. */
static bool bottom_meets_floor(const struct camera_model *model)
{
    double x = model->width_px / 2.0, height = model->height_px;
    struct undistorted_px p;
    for (int i = PROBES; i > 0; i--) {
        double y = height * i / PROBES;
        if (lens_undistort(&model->lens, (struct image_px){ x, y }, &p, NULL) == 0)
            return meets_floor(model, x, y);
    }
    return false;
}

/*
 * Some of the picture must be floor. A mirrored map (y down on the plan, say) turns sky into floor:
 * it shows at the bottom of the picture. Only a full model that looks down may hang upside down.
 */
static bool check_view(const struct check *check, const struct camera_model *model,
                       const char *path)
{
    double width = model->width_px, height = model->height_px;
    bool some = false;
    for (int i = 0; i < PROBES * PROBES && !some; i++) {
        some = meets_floor(model, (i % PROBES + 0.5) / PROBES * width,
                           (i / PROBES + 0.5) / PROBES * height);
    }
    bool looks_down = model->projection.has_height && model->projection.image_from_floor[10] < 0;
    if (some && (looks_down || bottom_meets_floor(model)))
        return true;
    problems_add(check->problems,
                 "%s:%d: %s: the %s of the picture does not meet the floor; the map may be "
                 "mirrored (x must point right and y up on the plan) or be for another picture",
                 check->name, line_of(check->text, path), path, some ? "bottom" : "whole");
    return false;
}

static int build_model(const struct check *check, const struct camera_file *file,
                       struct camera_model *ret_model)
{
    struct camera_model model = { .width_px = (uint32_t) file->width_px,
                                  .height_px = (uint32_t) file->height_px };
    const char *path = "";
    bool good = read_projection(check, file, &model.projection, &path);
    good = good && read_lens(check, file, &model.lens);
    good = good && check_view(check, &model, path);
    if (!good)
        return -EINVAL;
    *ret_model = model;
    return 0;
}

/* The first line with bytes that are not UTF-8; 0: none. */
static int line_of_broken_text(const char *text)
{
    size_t valid = utf8_valid_bytes(text);
    int line = 1;
    if (!text[valid])
        return 0;
    for (size_t i = 0; i < valid; i++)
        line += text[i] == '\n';
    return line;
}

int camera_file_read(const char *text, const char *name, struct camera_file *ret_file,
                     struct problems *problems)
{
    int64_t valid_from_us;
    struct error err;
    int include_line = line_of_include(text), broken_line = line_of_broken_text(text);
    if (broken_line > 0) {
        problems_add(problems,
                     "%s:%d: not UTF-8 text; save the file as UTF-8 (names and notes go into the "
                     "database)",
                     name, broken_line);
        return -EINVAL;
    }
    if (include_line > 0) {
        problems_add(problems, "%s:%d: a camera file cannot include others", name, include_line);
        return -EINVAL;
    }
    int r = options_parse(text, name, camera_file_options, ARRAY_LENGTH(camera_file_options),
                          ret_file, problems);
    if (r == 0 && ret_file->valid_from &&
        clock_wall_parse(ret_file->valid_from, &valid_from_us, &err) < 0) {
        problems_add(problems, "%s:%d: valid_from: %s", name, line_of(text, "valid_from"),
                     err.text);
        return -EINVAL;
    }
    return r;
}

int camera_file_parse(const char *text, const char *name, struct camera_model *ret_model,
                      struct problems *problems)
{
    struct check check = { .text = text, .name = name, .problems = problems };
    AUTO(camera_file_release) struct camera_file file = { 0 };
    int r = camera_file_read(text, name, &file, problems);
    return r < 0 ? r : build_model(&check, &file, ret_model);
}
