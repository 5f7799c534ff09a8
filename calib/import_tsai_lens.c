/*
 * import_tsai_lens.c - Brown's lens that makes what Tsai's undoes
 *
 * In focal lengths Tsai says r_u = r_d (1 + K r_d^2), K = kappa1 f^2, and Brown's model is to give
 * r_d = s r_u (1 + k1 r_u^2 + k2 r_u^4 + k3 r_u^6). Over many radii that is linear in s, s k1, s k2
 * and s k3. s = 1 is tried first, by least squares: it keeps the published focal length, and is
 * what the demo's files were made with. Strong lenses need s free and the worst radius made as good
 * as it can be (Lawson's reweighting), which is five to ten times better there.
 */
#include <math.h>
#include <string.h>

#include "calib/import_tsai.h"
#include "calib/lens.h"

#define RADII 2000
/* The fit reaches a little beyond the farthest corner, so that it does not turn there. */
#define BEYOND_CORNER 1.05
#define FIRST_RADIUS  1e-3
#define TERMS_MAX     4
#define REWEIGHTINGS  60

/* Of the radius where Tsai's formula folds: nearer to it no polynomial follows. */
#define FOLD_SHARE 0.8

/* The picture is compared at this many places a side, its edges included. */
#define PROBES 97

double import_tsai_undistort(const struct tsai *tsai, double distorted_radius)
{
    double k = tsai->kappa1_per_mm2 * tsai->focal_mm * tsai->focal_mm;
    return distorted_radius * (1 + k * distorted_radius * distorted_radius);
}

/* A radius of the picture from which on Tsai's formula is not followed; INFINITY when it grows. */
static double fold_radius(const struct tsai *tsai)
{
    double k = tsai->kappa1_per_mm2 * tsai->focal_mm * tsai->focal_mm;
    return k < 0 ? FOLD_SHARE / sqrt(-3 * k) : INFINITY;
}

/* Distorted, in focal lengths from the principal point. */
static double radius_of(const struct import_camera *camera, double shift_px, double x, double y)
{
    return hypot((x - camera->centre_px[0] - shift_px) / camera->focal_px[0],
                 (y - camera->centre_px[1] - shift_px) / camera->focal_px[1]);
}

static double corner_radius(const struct import_camera *camera, double shift_px)
{
    double farthest = 0;
    for (int i = 0; i < 4; i++)
        farthest = fmax(farthest, radius_of(camera, shift_px, i & 1 ? camera->width_px : 0,
                                            i & 2 ? camera->height_px : 0));
    return farthest;
}

/* What is fitted: distorted radii over undistorted ones, and the weight of each. */
struct radii {
    double distorted[RADII], undistorted[RADII], weight[RADII];
};

static void fill_radii(const struct tsai *tsai, double last, struct radii *radii)
{
    for (int i = 0; i < RADII; i++) {
        double r = FIRST_RADIUS + (last - FIRST_RADIUS) * i / (RADII - 1);
        radii->distorted[i] = r;
        radii->undistorted[i] = import_tsai_undistort(tsai, r);
        radii->weight[i] = 1;
    }
}

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < RADII; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Weighted columns r_u, r_u^3, ... from the power `first` on, and the right side r_d - r_u. */
static void fill_system(const struct radii *radii, int first, int terms,
                        double columns[TERMS_MAX][RADII], double *right)
{
    for (int i = 0; i < RADII; i++) {
        double u = radii->undistorted[i], w = sqrt(radii->weight[i]);
        double power = first == 1 ? u : u * u * u;
        for (int j = 0; j < terms; j++, power *= u * u)
            columns[j][i] = w * power;
        right[i] = w * (radii->distorted[i] - u);
    }
}

/*
 * Least squares by modified Gram-Schmidt: powers of a radius are far from independent, and normal
 * equations would lose half of the digits. Source: A. Bjorck, Numerical Methods for Least Squares
 * Problems, SIAM 1996, section 2.4.
 */
static void solve(double columns[TERMS_MAX][RADII], double *right, int terms, double *ret_factors)
{
    double upper[TERMS_MAX][TERMS_MAX] = { 0 }, b[TERMS_MAX];
    for (int j = 0; j < terms; j++) {
        double length = sqrt(dot(columns[j], columns[j]));
        upper[j][j] = length;
        for (int i = 0; i < RADII; i++)
            columns[j][i] /= length;
        for (int k = j + 1; k < terms; k++) {
            upper[j][k] = dot(columns[j], columns[k]);
            for (int i = 0; i < RADII; i++)
                columns[k][i] -= upper[j][k] * columns[j][i];
        }
        b[j] = dot(columns[j], right);
        for (int i = 0; i < RADII; i++)
            right[i] -= b[j] * columns[j][i];
    }
    for (int j = terms - 1; j >= 0; j--) {
        ret_factors[j] = b[j];
        for (int k = j + 1; k < terms; k++)
            ret_factors[j] -= upper[j][k] * ret_factors[k];
        ret_factors[j] /= upper[j][j];
    }
}

/* A radius counts more the worse it is: the limit is the smallest worst error. Source: C. L.
 * Lawson, "Contributions to the theory of linear least maximum approximations", UCLA 1961. */
static void reweight(struct radii *radii, const double factors[static TERMS_MAX])
{
    double sum = 0;
    for (int i = 0; i < RADII; i++) {
        double u = radii->undistorted[i], q = u * u;
        double fitted = u * (1 + factors[0] + q * (factors[1] + q * (factors[2] + q * factors[3])));
        radii->weight[i] *= fabs(fitted - radii->distorted[i]) + 1e-15;
        sum += radii->weight[i];
    }
    for (int i = 0; i < RADII; i++)
        radii->weight[i] *= RADII / sum;
}

/* k1, k2 and k3 only. */
static void fit_plain(const struct radii *radii, struct import_camera *camera)
{
    double columns[TERMS_MAX][RADII], right[RADII], factors[TERMS_MAX];
    fill_system(radii, 3, 3, columns, right);
    solve(columns, right, 3, factors);
    camera->k1 = factors[0];
    camera->k2 = factors[1];
    camera->k3 = factors[2];
}

/* With the focal lengths; the scale is 1 plus the first factor. */
static double fit_strong(struct radii *radii, struct import_camera *camera)
{
    double columns[TERMS_MAX][RADII], right[RADII], factors[TERMS_MAX] = { 0 };
    for (int turn = 0; turn < REWEIGHTINGS; turn++) {
        fill_system(radii, 1, TERMS_MAX, columns, right);
        solve(columns, right, TERMS_MAX, factors);
        reweight(radii, factors);
    }
    double scale = 1 + factors[0];
    camera->focal_px[0] *= scale;
    camera->focal_px[1] *= scale;
    camera->k1 = factors[1] / scale;
    camera->k2 = factors[2] / scale;
    camera->k3 = factors[3] / scale;
    return scale;
}

static struct lens lens_of(const struct import_camera *camera)
{
    struct lens lens = { .active = true,
                         .k1 = camera->k1,
                         .k2 = camera->k2,
                         .k3 = camera->k3,
                         .focal_x_px = camera->focal_px[0],
                         .focal_y_px = camera->focal_px[1],
                         .centre_x_px = camera->centre_px[0],
                         .centre_y_px = camera->centre_px[1] };
    lens_find_limit(&lens);
    return lens;
}

/* How far a pixel of the picture comes back from where it was: undone by Tsai, made by Brown. */
static double error_at(const struct tsai *tsai, const struct import_camera *plain,
                       const struct lens *lens, double x, double y)
{
    double dx = x - plain->centre_px[0], dy = y - plain->centre_px[1];
    double r = radius_of(plain, 0, x, y);
    double stretch = r > 0 ? import_tsai_undistort(tsai, r) / r : 1;
    /* Brown's pixels are those of his own focal length. */
    double scale = lens->focal_x_px / plain->focal_px[0];
    struct undistorted_px ideal = { plain->centre_px[0] + dx * stretch * scale,
                                    plain->centre_px[1] + dy * stretch * scale };
    struct image_px back;
    if (lens_distort(lens, ideal, &back) < 0)
        return INFINITY;
    double off = hypot(back.x - x, back.y - y);
    return off >= 0 ? off : INFINITY; /* not a number is as far as it gets */
}

/* Compare over the picture; `plain` has Tsai's own focal lengths. */
static void compare(const struct tsai *tsai, double shift_px, const struct import_camera *plain,
                    const struct import_camera *fitted, struct tsai_lens_fit *fit)
{
    struct lens lens = lens_of(fitted);
    double fold = fold_radius(tsai);
    int folded = 0;
    fit->worst_px = 0;
    for (int i = 0; i < PROBES * PROBES; i++) {
        int column = i % PROBES, row = i / PROBES;
        double x = (double) plain->width_px * column / (PROBES - 1) - shift_px;
        double y = (double) plain->height_px * row / (PROBES - 1) - shift_px;
        if (radius_of(plain, 0, x, y) > fold)
            folded++;
        else
            fit->worst_px = fmax(fit->worst_px, error_at(tsai, plain, &lens, x, y));
    }
    fit->folded_share = (double) folded / (PROBES * PROBES);
}

void import_tsai_camera(const struct tsai *tsai, double pixel_shift_px,
                        struct import_camera *ret_camera, struct tsai_lens_fit *ret_fit)
{
    struct import_camera plain = { .model = IMPORT_PINHOLE,
                                   .width_px = tsai->width_px,
                                   .height_px = tsai->height_px,
                                   .has_pose = true,
                                   .has_lens = tsai->kappa1_per_mm2 != 0 };
    struct tsai_lens_fit fit = { .focal_scale = 1 };
    struct radii radii;
    memcpy(plain.name, tsai->name, sizeof(plain.name));
    plain.focal_px[0] = tsai->focal_mm * tsai->sx / tsai->dpx_mm;
    plain.focal_px[1] = tsai->focal_mm / tsai->dpy_mm;
    plain.centre_px[0] = tsai->cx_px;
    plain.centre_px[1] = tsai->cy_px;
    memcpy(plain.translation, tsai->translation, sizeof(plain.translation));
    import_tsai_rotation(tsai->angles_rad, plain.rotation);
    struct import_camera camera = plain;
    if (plain.has_lens) {
        double corner = corner_radius(&plain, pixel_shift_px), fold = fold_radius(tsai);
        fill_radii(tsai, fmin(BEYOND_CORNER * corner, fold), &radii);
        fit_plain(&radii, &camera);
        compare(tsai, pixel_shift_px, &plain, &camera, &fit);
        if (fit.worst_px > TSAI_TOLERANCE_PX) {
            camera = plain;
            fill_radii(tsai, fmin(corner, fold), &radii);
            fit.focal_scale = fit_strong(&radii, &camera);
            compare(tsai, pixel_shift_px, &plain, &camera, &fit);
        }
    }
    *ret_camera = camera;
    *ret_fit = fit;
}
