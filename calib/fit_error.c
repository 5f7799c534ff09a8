/* fit_error.c - how wrong a fitted camera is expected to be, place by place */
#include "calib/fit_error.h"

#include <errno.h>
#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

/* The covariance is a sum of independent directions; cameras this part of a standard deviation
 * along each are compared. A small part, so that the result is that of first order. */
#define PART_OF_SIGMA 0.01

struct fit_error {
    struct fit_frame frame;
    struct fit_camera camera;
    int directions;
    struct camera_model ahead[FIT_PARAMETERS_MAX], behind[FIT_PARAMETERS_MAX];
};

static int move(const struct fit *fit, const double *direction, double length,
                struct camera_model *ret_model)
{
    struct fit_camera camera = fit->result.camera;
    for (int i = 0; i < fit_model_parameters(camera.model); i++)
        camera.parameters[i] += direction[i] * length;
    return fit_camera_model(&fit->data.frame, &camera, ret_model) < 0 ? -EDOM : 0;
}

/* Principal axes of the parameters' covariance, a camera a little to either side on each. */
static int spread(const struct fit *fit, struct fit_error *error)
{
    int n = fit_model_parameters(fit->result.camera.model);
    double vectors[FIT_PARAMETERS_MAX * FIT_PARAMETERS_MAX], variances[FIT_PARAMETERS_MAX];
    memcpy(vectors, fit->covariance, (size_t) (n * n) * sizeof(double));
    if (LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', n, vectors, n, variances) != 0)
        return -EDOM;
    error->directions = n;
    for (int k = 0; k < n; k++) {
        double direction[FIT_PARAMETERS_MAX], length = sqrt(fmax(0, variances[k])) * PART_OF_SIGMA;
        for (int i = 0; i < n; i++)
            direction[i] = vectors[i * n + k];
        int r = move(fit, direction, length, &error->ahead[k]);
        if (r == 0)
            r = move(fit, direction, -length, &error->behind[k]);
        if (r < 0)
            return r;
    }
    return 0;
}

int fit_error_create(const struct fit *fit, struct fit_error **ret_error)
{
    struct fit_error *error = calloc(1, sizeof(*error));
    if (!error)
        return -ENOMEM;
    error->frame = fit->data.frame;
    error->camera = fit->result.camera;
    int r = spread(fit, error);
    if (r < 0)
        fit_error_destroy(&error);
    else
        *ret_error = error;
    return r;
}

void fit_error_destroy(struct fit_error **error)
{
    free(*error);
    *error = NULL;
}

int fit_error_at(const struct fit_error *error, struct floor_m point, double z_m,
                 struct covariance2 *ret_covariance)
{
    struct covariance2 sum = { 0, 0, 0 };
    struct image_px p =
        fit_project(&error->frame, &error->camera, (const double[]){ point.x, point.y, z_m });
    for (int k = 0; k < error->directions; k++) {
        struct floor_m ahead, behind;
        if (camera_model_floor(&error->ahead[k], p, z_m, &ahead) < 0 ||
            camera_model_floor(&error->behind[k], p, z_m, &behind) < 0)
            return -ERANGE;
        double x = (ahead.x - behind.x) / (2 * PART_OF_SIGMA);
        double y = (ahead.y - behind.y) / (2 * PART_OF_SIGMA);
        sum = covariance2_add(sum, (struct covariance2){ x * x, x * y, y * y });
    }
    *ret_covariance = sum;
    return 0;
}
