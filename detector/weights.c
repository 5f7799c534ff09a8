/* weights.c - see weights.h */
#include "detector/weights.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

#define HEADER_BYTES_0_1 16
#define HEADER_BYTES_0_2 20
#define FILE_BYTES_MAX   (sizeof(float) * (size_t) DARKNET_PARAMETERS_MAX + HEADER_BYTES_0_2)

/* Length of the header, or 0 when these are not Darknet's weights: only versions 0.1 and 0.2 exist.
 */
static size_t header_bytes(const char *bytes, size_t length)
{
    int32_t version[3];
    if (length < HEADER_BYTES_0_2)
        return 0;
    memcpy(version, bytes, sizeof(version));
    if (version[0] != 0 || version[2] < 0 || version[2] > 1000)
        return 0;
    if (version[1] == 1)
        return HEADER_BYTES_0_1;
    return version[1] == 2 ? HEADER_BYTES_0_2 : 0;
}

static int check_size(size_t length, size_t wanted, const char *path, const struct darknet_cfg *cfg,
                      struct error *err)
{
    if (length < wanted)
        return error_set(err, -EINVAL,
                         "%s: has %zu bytes where %s needs %zu; the file is truncated or belongs "
                         "to another .cfg",
                         path, length, cfg->file, wanted);
    if (length > wanted)
        return error_set(err, -EINVAL,
                         "%s: has %zu bytes where %s needs only %zu; it belongs to another .cfg",
                         path, length, cfg->file, wanted);
    return 0;
}

/* A network that met a NaN finds nobody, for ever and in silence. */
static int check_numbers(const char *bytes, size_t count, const char *path, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        float value;
        memcpy(&value, bytes + i * sizeof(value), sizeof(value));
        if (!isfinite(value))
            return error_set(err, -EINVAL, "%s: parameter %zu is not a number; the file is damaged",
                             path, i);
    }
    return 0;
}

static int64_t parameters_of(const struct darknet_layer *l)
{
    if (l->type != DARKNET_CONVOLUTIONAL)
        return 0;
    return (int64_t) l->filters * (l->batch_normalize ? 4 : 1) +
           (int64_t) l->filters * (l->in.channels / l->groups) * l->size * l->size;
}

/* Of a normalised layer: biases, scales, means and variances come before the filters. An engine
 * divides by the root of the variance, and of a negative one that is not a number. */
static int check_variances(const char *bytes, const char *path, const struct darknet_cfg *cfg,
                           struct error *err)
{
    for (int i = 0; i < cfg->layer_count; i++) {
        const struct darknet_layer *l = &cfg->layers[i];
        for (int k = 3 * l->filters; l->batch_normalize && k < 4 * l->filters; k++) {
            float value;
            memcpy(&value, bytes + (size_t) k * sizeof(value), sizeof(value));
            if (value < 0)
                return error_set(err, -EINVAL,
                                 "%s: the layer in line %d of %s has a variance of %g; the file is "
                                 "damaged or belongs to another .cfg",
                                 path, l->line, cfg->file, (double) value);
        }
        bytes += (size_t) parameters_of(l) * sizeof(float);
    }
    return 0;
}

int weights_check(const char *bytes, size_t length, const char *path, const struct darknet_cfg *cfg,
                  struct error *err)
{
    size_t header = header_bytes(bytes, length);
    if (header == 0)
        return error_set(err, -EINVAL, "%s: is not a Darknet .weights file", path);
    size_t parameters = (size_t) cfg->parameters;
    int r = check_size(length, header + parameters * sizeof(float), path, cfg, err);
    if (r == 0)
        r = check_numbers(bytes + header, parameters, path, err);
    return r < 0 ? r : check_variances(bytes + header, path, cfg, err);
}

static int check_sha256(const char *bytes, size_t length, const char *path, const char *sha256,
                        struct error *err)
{
    char is[SHA256_TEXT_SIZE];
    if (!sha256)
        return 0;
    file_sha256_bytes(bytes, length, is);
    if (strcasecmp(is, sha256) == 0)
        return 0;
    return error_set(err, -EINVAL,
                     "%s: has SHA-256 %s, not the configured %.64s; the file is damaged or another "
                     "one",
                     path, is, sha256);
}

int weights_load(const char *path, const struct darknet_cfg *cfg, const char *sha256,
                 char **ret_bytes, size_t *ret_length, struct error *err)
{
    char *bytes;
    size_t length;
    int r = file_read(path, FILE_BYTES_MAX, &bytes, &length, err);
    if (r < 0)
        return r;
    r = weights_check(bytes, length, path, cfg, err);
    if (r == 0)
        r = check_sha256(bytes, length, path, sha256, err);
    if (r < 0) {
        free(bytes);
        return r;
    }
    *ret_bytes = bytes;
    *ret_length = length;
    return 0;
}
