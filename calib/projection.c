/* projection.c - undistorted pixels and planes above the floor */
#include "calib/projection.h"

#include <errno.h>
#include <string.h>

/* Farther than this from the floor's origin is the horizon in all but name. */
#define FLOOR_REACH_M 10000.0

/* The third coordinate is a sum; below this part of its terms it is rounding, that is, zero. */
#define HORIZON_ROUNDING 1e-12

static bool all_finite(const double *values, int count)
{
    for (int i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return false;
    }
    return true;
}

static struct matrix3 scaled(struct matrix3 a, double factor)
{
    for (int i = 0; i < 9; i++)
        a.m[i] *= factor;
    return a;
}

int projection_of_homography(const double floor_from_undistorted[static 9],
                             struct projection *ret_projection)
{
    struct projection result = { .has_height = false };
    struct matrix3 map, inverse;
    memcpy(map.m, floor_from_undistorted, sizeof(map.m));
    int r = matrix3_invert(map, &inverse);
    if (r < 0)
        return r;
    /* The Jacobian's determinant at a point is det(map) / w^3: negative where w > 0 is what we
     * want. */
    double sign = matrix3_det(map) < 0 ? 1 : -1;
    result.floor_from_undistorted = scaled(map, sign);
    result.undistorted_from_floor = scaled(inverse, sign);
    *ret_projection = result;
    return 0;
}

/* The columns of a projection that act on points of the plane at height_m. */
static struct matrix3 image_from_plane(const double p[static 12], double height_m)
{
    struct matrix3 map;
    for (int row = 0; row < 3; row++) {
        map.m[3 * row] = p[4 * row];
        map.m[3 * row + 1] = p[4 * row + 1];
        map.m[3 * row + 2] = p[4 * row + 2] * height_m + p[4 * row + 3];
    }
    return map;
}

int projection_of_matrix(const double image_from_floor[static 12],
                         struct projection *ret_projection)
{
    struct projection result = { .has_height = true };
    double *p = result.image_from_floor;
    memcpy(p, image_from_floor, sizeof(result.image_from_floor));
    if (!all_finite(p, 12))
        return -EINVAL;
    struct matrix3 left = { { p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10] } }, inverse;
    int r = matrix3_invert(left, &inverse);
    if (r < 0)
        return r;
    double centre[3];
    matrix3_apply(&inverse, -p[3], -p[7], -p[11], centre);
    result.centre_x_m = centre[0];
    result.centre_y_m = centre[1];
    result.centre_z_m = centre[2];
    double scale = copysign(1, matrix3_det(left)) / sqrt(p[8] * p[8] + p[9] * p[9] + p[10] * p[10]);
    for (int i = 0; i < 12; i++)
        p[i] *= scale;
    if (!(centre[2] > 0))
        return -EDOM;
    result.undistorted_from_floor = image_from_plane(p, 0);
    r = matrix3_invert(result.undistorted_from_floor, &result.floor_from_undistorted);
    if (r < 0)
        return r;
    *ret_projection = result;
    return 0;
}

void projection_keep_plane(struct projection *projection, double height_m)
{
    if (!projection->has_height)
        return;
    struct matrix3 map = image_from_plane(projection->image_from_floor, height_m);
    if (matrix3_invert(map, &projection->plane_from_undistorted) < 0)
        return;
    projection->undistorted_from_plane = map;
    projection->kept_height_m = height_m;
}

/* The map of one plane, undistorted px -> floor m; scratch is for a plane that is not kept. */
static int plane_from_image(const struct projection *projection, double height_m,
                            struct matrix3 *scratch, const struct matrix3 **ret_map)
{
    *ret_map = scratch;
    if (height_m == 0)
        *ret_map = &projection->floor_from_undistorted;
    else if (!projection->has_height)
        return -ENOTSUP;
    else if (height_m == projection->kept_height_m)
        *ret_map = &projection->plane_from_undistorted;
    /* The plane through the camera itself is seen as a line: singular. */
    else if (matrix3_invert(image_from_plane(projection->image_from_floor, height_m), scratch) < 0)
        return -ERANGE;
    return 0;
}

int projection_to_plane(const struct projection *projection, struct undistorted_px p,
                        double height_m, struct floor_m *ret_point, double ret_jacobian[4])
{
    struct matrix3 scratch;
    const struct matrix3 *map;
    double at[3];
    int r = plane_from_image(projection, height_m, &scratch, &map);
    if (r < 0)
        return r;
    const double *m = map->m;
    matrix3_apply(map, p.x, p.y, 1, at);
    double size = fabs(m[6] * p.x) + fabs(m[7] * p.y) + fabs(m[8]);
    if (!(at[2] > HORIZON_ROUNDING * size))
        return -ERANGE;
    struct floor_m point = { at[0] / at[2], at[1] / at[2] };
    if (!(fabs(point.x) <= FLOOR_REACH_M && fabs(point.y) <= FLOOR_REACH_M))
        return -ERANGE;
    *ret_point = point;
    if (ret_jacobian) {
        ret_jacobian[0] = (m[0] - point.x * m[6]) / at[2];
        ret_jacobian[1] = (m[1] - point.x * m[7]) / at[2];
        ret_jacobian[2] = (m[3] - point.y * m[6]) / at[2];
        ret_jacobian[3] = (m[4] - point.y * m[7]) / at[2];
    }
    return 0;
}

int projection_to_image(const struct projection *projection, struct floor_m point, double height_m,
                        struct undistorted_px *ret_p)
{
    if (height_m != 0 && !projection->has_height)
        return -ENOTSUP;
    struct matrix3 scratch;
    const struct matrix3 *map = &scratch;
    if (height_m == 0)
        map = &projection->undistorted_from_floor;
    else if (height_m == projection->kept_height_m)
        map = &projection->undistorted_from_plane;
    else
        scratch = image_from_plane(projection->image_from_floor, height_m);
    double at[3];
    matrix3_apply(map, point.x, point.y, 1, at);
    double size = fabs(map->m[6] * point.x) + fabs(map->m[7] * point.y) + fabs(map->m[8]);
    if (!(at[2] > HORIZON_ROUNDING * size))
        return -ERANGE;
    struct undistorted_px p = { at[0] / at[2], at[1] / at[2] };
    if (!isfinite(p.x) || !isfinite(p.y))
        return -ERANGE;
    *ret_p = p;
    return 0;
}

double projection_height_over(const struct projection *projection, struct floor_m point,
                              struct undistorted_px p)
{
    const double *m = projection->image_from_floor;
    double at[3];
    for (int row = 0; row < 3; row++)
        at[row] = m[4 * row] * point.x + m[4 * row + 1] * point.y + m[4 * row + 3];
    double x0 = at[0] - p.x * at[2], y0 = at[1] - p.y * at[2];
    double x1 = m[2] - p.x * m[10], y1 = m[6] - p.y * m[10];
    return -(x0 * x1 + y0 * y1) / (x1 * x1 + y1 * y1);
}
