/*
 * point.h - points that know their frame, boxes, and 2x2 covariances
 *
 * A number carries its unit and a point its frame, so that the compiler refuses to mix them.
 * docs/frames.md says where each frame has its origin. All are plain values.
 */
#ifndef FLOORFUSE_GEOM_POINT_H
#define FLOORFUSE_GEOM_POINT_H

#include <math.h>
#include <stdbool.h>

/* Sensor pixels of the full frame, lens distortion included; (0,0) is the top-left pixel's corner.
 */
struct image_px {
    double x, y;
};

/* The same pixel with the lens undone: what an ideal pinhole would have recorded. */
struct undistorted_px {
    double x, y;
};

/* Camera frame: x right, y down, z forward, metres. */
struct camera_m {
    double x, y, z;
};

/* Floor frame: metres, right-handed, z up; x right and y up on the plan as a person reads it. */
struct floor_m {
    double x, y;
};

/* Edges in image px of the full frame; may lie partly outside the picture; left < right, top <
 * bottom. */
struct box_px {
    double left, top, right, bottom;
};

/* Symmetric 2x2 covariance of a floor point, m^2. */
struct covariance2 {
    double xx, xy, yy;
};

static inline double box_area(struct box_px b)
{
    return (b.right - b.left) * (b.bottom - b.top);
}

/* The share of a box that another covers, 0..1. Without fmin and fmax, which are calls. */
static inline double box_covered(struct box_px box, struct box_px by)
{
    double left = box.left > by.left ? box.left : by.left;
    double right = box.right < by.right ? box.right : by.right;
    double top = box.top > by.top ? box.top : by.top;
    double bottom = box.bottom < by.bottom ? box.bottom : by.bottom;
    return left >= right || top >= bottom ? 0 : (right - left) * (bottom - top) / box_area(box);
}

/* Intersection over union of two boxes, 0..1. */
static inline double box_iou(struct box_px a, struct box_px b)
{
    double w = fmin(a.right, b.right) - fmax(a.left, b.left);
    double h = fmin(a.bottom, b.bottom) - fmax(a.top, b.top);
    if (w <= 0 || h <= 0)
        return 0;
    return w * h / (box_area(a) + box_area(b) - w * h);
}

/* Squared, for comparing. */
static inline double floor_distance2_m2(struct floor_m a, struct floor_m b)
{
    double dx = a.x - b.x, dy = a.y - b.y;
    return dx * dx + dy * dy;
}

/* A floor is far too small for the overflow that hypot guards against. */
static inline double floor_distance_m(struct floor_m a, struct floor_m b)
{
    return sqrt(floor_distance2_m2(a, b));
}

static inline double covariance2_det(struct covariance2 c)
{
    return c.xx * c.yy - c.xy * c.xy;
}

static inline struct covariance2 covariance2_scaled(struct covariance2 c, double factor)
{
    return (struct covariance2){ factor * c.xx, factor * c.xy, factor * c.yy };
}

static inline struct covariance2 covariance2_add(struct covariance2 a, struct covariance2 b)
{
    return (struct covariance2){ a.xx + b.xx, a.xy + b.xy, a.yy + b.yy };
}

/* Inverse (the information matrix); the caller has made sure that the determinant is > 0. */
static inline struct covariance2 covariance2_inverse(struct covariance2 c)
{
    double d = covariance2_det(c);
    return (struct covariance2){ c.yy / d, -c.xy / d, c.xx / d };
}

/* Squared Mahalanobis length of (dx, dy) under covariance c. */
static inline double covariance2_mahalanobis2(struct covariance2 c, double dx, double dy)
{
    return (c.yy * dx * dx - 2 * c.xy * dx * dy + c.xx * dy * dy) / covariance2_det(c);
}

/* Standard deviation along the worst direction: root of the larger eigenvalue, metres. */
static inline double covariance2_max_sd(struct covariance2 c)
{
    double mean = (c.xx + c.yy) / 2;
    double half = (c.xx - c.yy) / 2;
    return sqrt(mean + sqrt(half * half + c.xy * c.xy));
}

/* Finite and positive definite. */
static inline bool covariance2_valid(struct covariance2 c)
{
    return isfinite(c.xx) && isfinite(c.xy) && isfinite(c.yy) && c.xx > 0 && c.yy > 0 &&
           covariance2_det(c) > 0;
}

#endif
