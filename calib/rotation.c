/* rotation.c - rotations as matrices and as vectors */
#include "calib/rotation.h"

#include <errno.h>
#include <math.h>

/* Newton's iteration doubles its digits each turn. */
#define POLAR_TURNS     100
#define POLAR_TOLERANCE 1e-15

struct matrix3 rotation_of_vector(const double vector[static 3])
{
    double angle = sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]);
    /* sin(a)/a and (1 - cos(a))/a^2, as they are near 0. */
    double s = angle > 1e-6 ? sin(angle) / angle : 1 - angle * angle / 6;
    double half = angle > 1e-6 ? sin(angle / 2) / angle : 0.5 - angle * angle / 48;
    double c = 2 * half * half;
    double x = vector[0], y = vector[1], z = vector[2], cosine = cos(angle);
    return (struct matrix3){ {
        cosine + c * x * x,
        c * x * y - s * z,
        c * x * z + s * y,
        c * x * y + s * z,
        cosine + c * y * y,
        c * y * z - s * x,
        c * x * z - s * y,
        c * y * z + s * x,
        cosine + c * z * z,
    } };
}

/* By way of the unit quaternion, whose largest part is found first so that nothing cancels. */
static void quaternion_of(const double m[static 9], double ret_q[static 4])
{
    double squares[4] = { 1 + m[0] + m[4] + m[8], 1 + m[0] - m[4] - m[8], 1 - m[0] + m[4] - m[8],
                          1 - m[0] - m[4] + m[8] };
    int largest = 0;
    for (int i = 1; i < 4; i++)
        if (squares[i] > squares[largest])
            largest = i;
    double d = 2 * sqrt(squares[largest]), part = sqrt(squares[largest]) / 2;
    double xy = (m[1] + m[3]) / d, xz = (m[2] + m[6]) / d, yz = (m[5] + m[7]) / d;
    double wx = (m[7] - m[5]) / d, wy = (m[2] - m[6]) / d, wz = (m[3] - m[1]) / d;
    const double all[4][4] = {
        { part, wx, wy, wz }, { wx, part, xy, xz }, { wy, xy, part, yz }, { wz, xz, yz, part }
    };
    double sign = all[largest][0] < 0 ? -1 : 1;
    for (int i = 0; i < 4; i++)
        ret_q[i] = sign * all[largest][i];
}

void rotation_to_vector(const struct matrix3 *rotation, double ret_vector[static 3])
{
    double q[4];
    quaternion_of(rotation->m, q);
    double length = sqrt(q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    double factor = length > 1e-12 ? 2 * atan2(length, q[0]) / length : 2;
    for (int i = 0; i < 3; i++)
        ret_vector[i] = factor * q[1 + i];
}

static struct matrix3 transposed(struct matrix3 a)
{
    return (struct matrix3){ { a.m[0], a.m[3], a.m[6], a.m[1], a.m[4], a.m[7], a.m[2], a.m[5],
                               a.m[8] } };
}

int rotation_nearest(const struct matrix3 *matrix, struct matrix3 *ret_rotation)
{
    struct matrix3 at = *matrix, inverse;
    double det = matrix3_det(at), change = INFINITY;
    if (!isfinite(det) || det == 0)
        return -EINVAL;
    double scale = 1 / cbrt(det); /* negative where it mirrors: the result does not */
    for (int i = 0; i < 9; i++)
        at.m[i] *= scale;
    for (int turn = 0; turn < POLAR_TURNS && change > POLAR_TOLERANCE; turn++) {
        int r = matrix3_invert(at, &inverse);
        if (r < 0)
            return r;
        struct matrix3 other = transposed(inverse);
        change = 0;
        for (int i = 0; i < 9; i++) {
            double next = (at.m[i] + other.m[i]) / 2;
            change = fmax(change, fabs(next - at.m[i]));
            at.m[i] = next;
        }
    }
    *ret_rotation = at;
    return 0;
}
