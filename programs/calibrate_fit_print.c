/*
 * calibrate_fit_print.c - a calibration in words and tables, on the standard output
 */
#include "programs/calibrate_fit_print.h"

#include <math.h>
#include <stdio.h>

#include "base/macros.h"

/* ---- a fit ---- */

/* Three digits, or a dash for what is not known. */
static const char *number(double value, char buffer[static 24])
{
    int decimals = fabs(value) < 10 ? 2 : fabs(value) < 100 ? 1 : 0;
    (void) snprintf(buffer, 24, isnan(value) ? "-" : "%.*f", decimals, value);
    return buffer;
}

static void print_points(const struct marked_points *points, const struct fit *fit)
{
    printf("%-6s %-24s %9s %9s %14s\n", "line", "point", "off px", "off cm", "left-out cm");
    for (size_t i = 0; i < points->count; i++) {
        const struct fit_point *p = &fit->points[i];
        char px[24], cm[24], left_out[24];
        printf("%-6ld %-24.24s %9s %9s %14s%s\n", points->items[i].line, points->items[i].name,
               number(p->error_px, px), number(p->error_cm, cm), number(p->left_out_cm, left_out),
               p->kept ? "" : "  left out");
    }
}

static void print_models(const struct fit *fit)
{
    printf("\n%-18s %5s %9s %13s %14s\n", "model", "free", "RMS px", "left-out px", "left-out cm");
    for (int m = 0; m < FIT_MODELS; m++) {
        const struct fit_trial *t = &fit->trials[m];
        const char *name = fit_model_name((enum fit_model) m);
        char rms[24], px[24], cm[24];
        if (!t->tried) {
            printf("%-18s %s\n", name, t->why_not);
            continue;
        }
        printf("%-18s %5d %9s %13s %14s%s\n", name, fit_model_parameters((enum fit_model) m),
               number(t->rms_px, rms), number(t->left_out_px, px), number(t->left_out_cm, cm),
               m == (int) fit->result.camera.model ? "  taken" : "");
    }
}

void print_fit(const struct marked_points *points, const struct fit *fit)
{
    char px[24], cm[24], worst[24], left_out[24], name[POINT_NAME_SIZE];
    print_points(points, fit);
    print_models(fit);
    printf("\nRMS %s px, %s cm on the floor; worst point %s: %s cm; leave-one-out %s cm\n",
           number(fit->rms_px, px), number(fit->rms_cm, cm),
           fit_point_name(points, fit->worst, name),
           number(fit->points[fit->worst].error_cm, worst), number(fit->left_out_cm, left_out));
    if (isnan(fit->left_out_cm))
        printf("(too few points to leave one out)\n");
    printf("a mark scatters by %.2g px\n", fit->sigma_px);
}

/* ---- a camera ---- */

/* Degrees below the horizontal, from where the middle of the picture meets the floor. */
static void print_pose(const struct view_quality *quality)
{
    struct floor_m at, middle;
    double height_m;
    uint32_t width, height;
    const struct covariance2 exact = { 0, 0, 0 };
    calibration_size(quality->calibration, &width, &height);
    if (calibration_position(quality->calibration, &at, &height_m) < 0) {
        printf("\nknows the floor only: heads and heights cannot be placed\n");
        return;
    }
    printf("\nhangs %.2f m above the floor at (%.2f, %.2f)", height_m, at.x, at.y);
    if (calibration_floor_from_image(quality->calibration,
                                     (struct image_px){ width / 2.0, height / 2.0 }, exact, 0,
                                     &middle, NULL) == 0) {
        double ahead = hypot(middle.x - at.x, middle.y - at.y);
        printf(", looks %.0f degrees down on (%.2f, %.2f)", atan2(height_m, ahead) * 180 / M_PI,
               middle.x, middle.y);
    }
    printf("\n");
}

/* value_at at the worst tenth, the middle and the best tenth of the floor that counts. */
static void print_spread(const char *what, const char *unit, const struct view_quality *quality,
                         double (*value_at)(const struct view_quality *, struct floor_m))
{
    static const double shares[] = { 0, 0.1, 0.5, 0.9, 1 };
    double values[5];
    if (view_quantiles(quality, value_at, shares, ARRAY_LENGTH(shares), values, NULL) < 0 ||
        isnan(values[0]))
        return;
    char text[5][24];
    for (int i = 0; i < 5; i++)
        (void) number(values[i], text[i]);
    printf("  %-44s %7s %7s %7s %7s %7s  %s\n", what, text[0], text[1], text[2], text[3], text[4],
           unit);
}

void print_camera(const struct view_quality *quality)
{
    double floor_m2 = 0, share = 0, value;
    print_pose(quality);
    if (view_quantiles(quality, view_counts, &share, 1, &value, &floor_m2) < 0)
        return;
    printf("people count on %.*f m2 of floor\n", floor_m2 < 10 ? 1 : 0, floor_m2);
    if (!(floor_m2 > 0))
        return;
    printf("  %-44s %7s %7s %7s %7s %7s\n", "over that floor:", "least", "10 %", "half", "90 %",
           "most");
    print_spread("expected error of the calibration", "cm", quality, view_error_cm);
    print_spread("floor under one pixel", "cm", quality, view_pixel_cm);
    print_spread("height of a standing person", "px", quality, view_person_px);
    print_spread("pixels per metre", "px/m", quality, view_px_per_m);
}

void print_advice(const char *program, const struct problems *warnings,
                  const struct problems *refusals)
{
    if (warnings->count)
        printf("\n");
    for (size_t i = 0; i < warnings->count; i++)
        printf("warning: %s\n", warnings->sentences[i]);
    (void) fflush(stdout);
    for (size_t i = 0; i < refusals->count; i++)
        fprintf(stderr, "%s: %s\n", program, refusals->sentences[i]);
}
