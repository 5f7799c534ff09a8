/* calibrate_import_print.c - what an imported camera is, in words */
#include "programs/calibrate_import_print.h"

#include <math.h>

#include "calib/lens.h"
#include "calib/projection.h"

/* The picture is probed at this many places a side, its edges included. */
#define PROBES 65

/* Farther away a floor point is a horizon in all but name. */
#define FAR_M 1000

/* Looking down like this, a heading is noise. */
#define STRAIGHT_DOWN_DEG 89

/* What the probes say. */
struct survey {
    double inverse_px;    /* worst round trip through the lens */
    double bend_px;       /* farthest that the lens moves a pixel */
    double beyond, floor; /* shares of the picture: beyond the lens model; floor */
    double horizon_px;    /* lowest row of the middle column without floor; -1: none */
};

static void survey_pixel(const struct camera_model *model, struct image_px p, struct survey *survey)
{
    struct undistorted_px ideal;
    struct image_px back;
    struct floor_m at;
    if (lens_undistort(&model->lens, p, &ideal, NULL) < 0) {
        survey->beyond++;
        return;
    }
    survey->bend_px = fmax(survey->bend_px, hypot(ideal.x - p.x, ideal.y - p.y));
    if (lens_distort(&model->lens, ideal, &back) == 0)
        survey->inverse_px = fmax(survey->inverse_px, hypot(back.x - p.x, back.y - p.y));
    survey->floor += projection_to_plane(&model->projection, ideal, 0, &at, NULL) == 0;
}

static bool meets_floor(const struct camera_model *model, double x, double y, struct floor_m *at)
{
    struct undistorted_px ideal;
    return lens_undistort(&model->lens, (struct image_px){ x, y }, &ideal, NULL) == 0 &&
           projection_to_plane(&model->projection, ideal, 0, at, NULL) == 0;
}

static struct survey survey_picture(const struct camera_model *model)
{
    struct survey survey = { .horizon_px = -1 };
    double width = model->width_px, height = model->height_px;
    struct floor_m at;
    for (int i = 0; i < PROBES * PROBES; i++) {
        int column = i % PROBES, row = i / PROBES;
        struct image_px p = { width * column / (PROBES - 1), height * row / (PROBES - 1) };
        survey_pixel(model, p, &survey);
    }
    survey.beyond /= PROBES * PROBES;
    survey.floor /= PROBES * PROBES;
    for (double y = height; y >= 0 && survey.horizon_px < 0; y--)
        if (!meets_floor(model, width / 2, y, &at))
            survey.horizon_px = y;
    return survey;
}

/* Focal lengths and principal point of a 3x4 matrix, of which the third row has unit length.
 * Source: Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 6.2.4; with no skew. */
static void intrinsics_of(const double *p, double ret_focal_px[2], double ret_centre_px[2])
{
    for (int row = 0; row < 2; row++) {
        const double *m = p + 4L * row, *z = p + 8;
        double along = m[0] * z[0] + m[1] * z[1] + m[2] * z[2];
        double length2 = m[0] * m[0] + m[1] * m[1] + m[2] * m[2];
        ret_centre_px[row] = along;
        ret_focal_px[row] = sqrt(fmax(0, length2 - along * along));
    }
}

/* Not "-0.00 m". */
static double shown(double m)
{
    return fabs(m) < 0.005 ? 0 : m;
}

static double degrees(double radians)
{
    return radians * 180 / M_PI;
}

static void print_intrinsics(FILE *out, const struct camera_model *model)
{
    double focal[2], centre[2];
    intrinsics_of(model->projection.image_from_floor, focal, centre);
    fprintf(out, "  focal    %.1f x %.1f px, centre (%.1f, %.1f) px: sees %.0f x %.0f degrees\n",
            focal[0], focal[1], centre[0], centre[1],
            degrees(2 * atan(model->width_px / focal[0] / 2)),
            degrees(2 * atan(model->height_px / focal[1] / 2)));
}

static void print_lens(FILE *out, const struct import_camera *placed,
                       const struct camera_model *model, const struct survey *survey)
{
    if (placed->model != IMPORT_PINHOLE) {
        fprintf(out, "  lens     taken as perfect: a matrix says nothing about it\n");
        return;
    }
    if (!model->lens.active) {
        fprintf(out, "  lens     perfect: %s\n",
                placed->has_lens ? "all coefficients are 0" : "the file gives no distortion");
        return;
    }
    fprintf(out, "  lens     k1 %.4f, k2 %.4f, p1 %.4f, p2 %.4f, k3 %.4f: moves pixels by up to ",
            placed->k1, placed->k2, placed->p1, placed->p2, placed->k3);
    fprintf(out, "%.1f px; undone and made again to within %.0e px\n", survey->bend_px,
            survey->inverse_px);
    if (survey->beyond > 0)
        fprintf(out,
                "           %.1f %% of the picture is beyond what these coefficients can say and "
                "has no floor\n",
                100 * survey->beyond);
}

static void print_tsai(FILE *out, const struct tsai_lens_fit *fit)
{
    fprintf(out, "           agrees with Tsai's own formula to within %.4f px over the picture\n",
            fit->worst_px);
    if (fit->focal_scale != 1)
        fprintf(out, "           for that, the focal length was fitted too: %.4f times Tsai's\n",
                fit->focal_scale);
    if (fit->folded_share > 0)
        fprintf(out,
                "           without %.1f %% of the picture at the corners, where Tsai's formula "
                "folds\n",
                100 * fit->folded_share);
}

static void print_position(FILE *out, const struct camera_model *model)
{
    const struct projection *projection = &model->projection;
    const double *forward = projection->image_from_floor + 8;
    double heading = degrees(atan2(forward[1], forward[0]));
    double down = degrees(asin(fmax(-1, fmin(1, -forward[2]))));
    fprintf(
        out, "  hangs    at x %.2f m, y %.2f m, %.2f m above the floor; looks %.1f degrees down",
        shown(projection->centre_x_m), shown(projection->centre_y_m), projection->centre_z_m, down);
    if (down < STRAIGHT_DOWN_DEG)
        fprintf(out, ", heading %.1f degrees (0: along x, 90: along y)",
                heading < 0 ? heading + 360 : heading);
    fprintf(out, "\n");
}

static void print_floor(FILE *out, const struct camera_model *model, const struct survey *survey)
{
    double middle = model->width_px / 2.0, bottom = model->height_px;
    struct floor_m near = { 0, 0 }, far;
    fprintf(out, "  floor    %.0f %% of the picture", 100 * survey->floor);
    if (meets_floor(model, middle, bottom, &near))
        fprintf(out, "; the middle of its lower edge is x %.2f m, y %.2f m", shown(near.x),
                shown(near.y));
    if (survey->horizon_px >= 0)
        fprintf(out, "; the horizon is at row %.0f", survey->horizon_px);
    else if (meets_floor(model, middle, 0, &far) && floor_distance_m(near, far) > FAR_M)
        fprintf(out, "; the horizon is just above it");
    else if (meets_floor(model, middle, 0, &far))
        fprintf(out, ", of its upper edge x %.2f m, y %.2f m", shown(far.x), shown(far.y));
    fprintf(out, "\n");
}

void print_import(FILE *out, const struct import_camera *placed, const struct camera_model *model,
                  const struct tsai_lens_fit *fit)
{
    static const char *const models[] = { "pinhole", "3x3 matrix of the floor (knows no heights)",
                                          "3x4 projection matrix" };
    struct survey survey = survey_picture(model);
    fprintf(out, "  model    %s, picture %u x %u px\n", models[placed->model], model->width_px,
            model->height_px);
    if (model->projection.has_height)
        print_intrinsics(out, model);
    print_lens(out, placed, model, &survey);
    if (fit)
        print_tsai(out, fit);
    if (model->projection.has_height)
        print_position(out, model);
    print_floor(out, model, &survey);
}
