/*
 * fit_model.h - cameras as short lists of numbers, for solvers
 *
 * A homography has 8 free numbers, a pinhole camera those that a model leaves free: always where it
 * hangs and how it is turned, then focal length, principal point, distortion. All numbers are of
 * the order of 1, because they are counted in picture widths and in the size of the marked floor.
 */
#ifndef FLOORFUSE_CALIB_FIT_MODEL_H
#define FLOORFUSE_CALIB_FIT_MODEL_H

#include <stdbool.h>

#include "calib/camera_file.h"
#include "calib/marked_points.h"
#include "calib/projection.h"

/* From few free numbers to many; where two have as many, the one that knows heights first. */
enum fit_model {
    FIT_POSE,              /* 6: focal length, centre and lens are known */
    FIT_PINHOLE,           /* 7: focal length */
    FIT_PINHOLE_K1,        /* 8: focal length, k1 */
    FIT_HOMOGRAPHY,        /* 8: knows no heights */
    FIT_PINHOLE_K1K2,      /* 9 */
    FIT_PINHOLE_CENTRE,    /* 9: focal length, principal point; needs points off the floor */
    FIT_PINHOLE_CENTRE_K1, /* 10 */
    FIT_MODELS
};

#define FIT_PARAMETERS_MAX 10

/* "pinhole-k1", as camera files have it. */
const char *fit_model_name(enum fit_model model);
/* Returns 0, or -EINVAL. */
MUST_CHECK int fit_model_named(const char *name, enum fit_model *ret_model);
int fit_model_parameters(enum fit_model model);
bool fit_model_has_height(enum fit_model model);
bool fit_model_fits_centre(enum fit_model model);

/* What is known before the fit, and the units of the parameters. */
struct fit_frame {
    double width_px, height_px;
    double centre_x_px, centre_y_px; /* principal point where the model does not fit it */
    double focal_x_px, focal_y_px;   /* of FIT_POSE; else only their ratio is used */
    struct lens lens; /* of FIT_POSE and FIT_HOMOGRAPHY; where inactive, a perfect lens */
    double origin_x_m, origin_y_m, scale_m; /* middle and size of the marked floor */
};

/*
 * The frame of a picture and its points: principal point in the middle, square pixels, perfect
 * lens.
 */
struct fit_frame fit_frame_of(uint32_t width, uint32_t height, const struct marked_point *points,
                              size_t count);

/* A camera in a solver's hands. */
struct fit_camera {
    enum fit_model model;
    double parameters[FIT_PARAMETERS_MAX];
};

/* Where a floor point appears, also beyond the lens' limit; behind the camera it is far away. */
struct image_px fit_project(const struct fit_frame *frame, const struct fit_camera *camera,
                            const double point_m[static 3]);

/* A pinhole camera's numbers, unpacked. */
struct fit_pinhole {
    double focal_x_px, focal_y_px, centre_x_px, centre_y_px, k1, k2;
    struct matrix3 rotation; /* camera from floor */
    double centre_m[3];      /* where it hangs */
};
struct fit_pinhole fit_camera_pinhole(const struct fit_frame *frame,
                                      const struct fit_camera *camera);
/* Pack what the model leaves free. */
void fit_camera_of_pinhole(const struct fit_frame *frame, const struct fit_pinhole *pinhole,
                           enum fit_model model, struct fit_camera *ret_camera);

/* A homography, undistorted px from floor m, unpacked and packed (-EDOM: the middle of the marked
 * floor lies on the horizon). */
struct matrix3 fit_camera_homography(const struct fit_frame *frame,
                                     const struct fit_camera *camera);
MUST_CHECK int fit_camera_of_homography(const struct fit_frame *frame,
                                        const struct matrix3 *undistorted_from_floor,
                                        struct fit_camera *ret_camera);

/*
 * What pixels go through.
 * Returns 0; -EINVAL (singular); -EDOM (the camera is on or below the floor).
 */
MUST_CHECK int fit_camera_model(const struct fit_frame *frame, const struct fit_camera *camera,
                                struct camera_model *ret_model);

/* Where a pixel meets the plane z_m above the floor. Returns as projection_to_plane. */
MUST_CHECK int camera_model_floor(const struct camera_model *model, struct image_px p, double z_m,
                                  struct floor_m *ret_point);

#endif
