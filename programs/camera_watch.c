/* camera_watch.c - see camera_watch.h */
#include "programs/camera_watch.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "calib/signature_file.h"

struct camera_watch {
    const struct camera_config *camera;
    struct picture_watch *picture;
    int64_t since_us; /* capture time of the last change of state */
    uint64_t suspicious, alarms;
    int64_t look_ns;
    bool calibrated; /* compared with the signature beside the camera file */
    bool was_learning;
    int64_t clock_offset_us;
    bool clock_off;
    uint64_t wall_steps;
};

/* Whether a signature can be what this camera's pictures are compared with; if not, why. */
static int check_signature(const struct camera_watch *watch, const struct calibration *calibration,
                           const struct signature_file *file, struct error *err)
{
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    if (watch->camera->crop.count == 4)
        return error_set(err, -EINVAL, "only a crop of the picture is looked at");
    if (file->signature.width != width || file->signature.height != height)
        return error_set(err, -EINVAL, "it is of pictures of %ux%u, the camera's are %ux%u",
                         file->signature.width, file->signature.height, width, height);
    if (file->calibration && strcmp(file->calibration, calibration_version(calibration)) != 0)
        return error_set(err, -EINVAL, "it was made under calibration %.12s, this is %.12s",
                         file->calibration, calibration_version(calibration));
    return 0;
}

static int parse_signature(const char *path, struct signature_file *ret_file, struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    char *text = NULL;
    size_t length;
    int r = file_read(path, SIGNATURE_FILE_BYTES_MAX, &text, &length, err);
    if (r < 0)
        return r;
    r = signature_file_parse(text, path, ret_file, &problems);
    free(text);
    if (r < 0)
        return error_set(err, r, "%s",
                         problems.count ? problems.sentences[0] : "it cannot be read");
    return 0;
}

static void say_without(const struct camera_watch *watch, const char *path, int code,
                        const char *why)
{
    if (code == -ENOENT)
        log_info("there is no %s, so it will not be noticed when the camera is moved; make it with "
                 "floorfuse calibrate signature %s --still ...",
                 path, watch->camera->calibration);
    else
        log_warning("%s is not used, so it will not be noticed when the camera is moved: %s; make "
                    "it anew with floorfuse calibrate signature %s --still ...",
                    path, why, watch->camera->calibration);
}

/* What was learned stays good while there is nothing better. */
static void replace_picture_watch(struct camera_watch *watch, bool calibrated,
                                  struct picture_watch **fresh)
{
    if (watch->picture && !watch->calibrated && !calibrated) {
        picture_watch_destroy(fresh);
        return;
    }
    picture_watch_destroy(&watch->picture);
    watch->picture = *fresh;
    *fresh = NULL;
    watch->calibrated = calibrated;
    watch->was_learning = false;
}

int camera_watch_reload(struct camera_watch *watch, const struct calibration *calibration)
{
    AUTO(signature_file_release) struct signature_file file = { 0 };
    struct picture_watch *fresh = NULL;
    struct error err = { "" };
    char *path = signature_path(watch->camera->calibration);
    int r = path ? picture_watch_create(&fresh) : -ENOMEM;
    if (r < 0) {
        free(path);
        return r;
    }
    r = parse_signature(path, &file, &err);
    if (r == 0)
        r = check_signature(watch, calibration, &file, &err);
    if (r == 0)
        picture_watch_set_reference(fresh, &file.signature);
    else
        say_without(watch, path, r, err.text);
    free(path);
    replace_picture_watch(watch, r == 0, &fresh);
    return 0;
}

int camera_watch_create(const struct camera_config *camera, const struct calibration *calibration,
                        struct camera_watch **ret_watch)
{
    AUTO(camera_watch_destroy) struct camera_watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        return -ENOMEM;
    watch->camera = camera;
    int r = camera_watch_reload(watch, calibration);
    if (r < 0)
        return r;
    *ret_watch = watch;
    watch = NULL;
    return 0;
}

void camera_watch_destroy(struct camera_watch **watch)
{
    if (!*watch)
        return;
    picture_watch_destroy(&(*watch)->picture);
    free(*watch);
    *watch = NULL;
}

/* The figures of a look behind a sentence; what was not judged is left out. */
static void log_change(const struct camera_watch *watch, enum picture_state was, int64_t lasted_us)
{
    const struct picture_look look = picture_watch_look(watch->picture);
    const enum picture_state is = picture_watch_state(watch->picture);
    char shift[64] = "";
    if (is == PICTURE_GOOD) {
        log_info("the picture is good again picture=good was=%s lasted_s=%lld",
                 picture_state_name(was), (long long) (lasted_us / US_PER_S));
        return;
    }
    if (is == PICTURE_MOVED && !isnan(look.shift_x_px))
        (void) snprintf(shift, sizeof(shift), " shift_px=%.1f,%.1f turn_deg=%.2f", look.shift_x_px,
                        look.shift_y_px, look.turn_deg);
    log_warning("the picture is %s; %s picture=%s was=%s brightness=%.0f%s", picture_state_name(is),
                picture_state_is_suspicious(is)
                    ? "until it is good again this camera counts as not looking"
                    : "a part of it is hidden or shows something else",
                picture_state_name(is), picture_state_name(was), look.brightness, shift);
}

/* Once, when the first minutes have made a reference. */
static void note_learned(struct camera_watch *watch)
{
    bool learning = picture_watch_look(watch->picture).learning;
    if (watch->was_learning && !learning)
        log_info("the picture of the first minutes is what it is compared with from now on");
    watch->was_learning = learning;
}

int camera_watch_see(struct camera_watch *watch, const struct frame *frame)
{
    enum picture_state was = picture_watch_state(watch->picture);
    int64_t begin_ns = clock_mono_ns();
    int r = picture_watch_see(watch->picture, frame->image, frame->capture_us);
    if (r == 1) {
        watch->look_ns += clock_mono_ns() - begin_ns;
        note_learned(watch);
    }
    enum picture_state is = picture_watch_state(watch->picture);
    watch->suspicious += picture_state_is_suspicious(is);
    if (r < 0 || is == was)
        return r < 0 ? r : 0;
    watch->alarms += is != PICTURE_GOOD;
    log_change(watch, was, frame->capture_us - watch->since_us);
    watch->since_us = frame->capture_us;
    return 1;
}

/* "3600.2 s behind" of a camera's clock. */
static const char *offset_words(int64_t offset_us, size_t size, char words[static size])
{
    (void) snprintf(words, size, "%.1f s %s", fabs((double) offset_us) / (double) US_PER_S,
                    offset_us > 0 ? "ahead" : "behind");
    return words;
}

void camera_watch_note_clock(struct camera_watch *watch, const struct capture_status *status)
{
    bool news = watch->clock_off != status->clock_off;
    char words[48];
    watch->clock_offset_us = status->clock_offset_us;
    watch->clock_off = status->clock_off;
    if (news && watch->clock_off)
        log_warning("the camera's clock is %s; its times are corrected by that, but give it a time "
                    "server clock_offset_ms=%lld",
                    offset_words(watch->clock_offset_us, sizeof(words), words),
                    (long long) (watch->clock_offset_us / US_PER_MS));
    else if (news)
        log_info("the camera's clock is right again");
    if (watch->wall_steps != status->wall_steps)
        log_warning("this machine's clock was set by %.3f s; times of capture follow it without a "
                    "jump back",
                    (double) status->wall_step_us / (double) US_PER_S);
    watch->wall_steps = status->wall_steps;
}

bool camera_watch_is_suspicious(const struct camera_watch *watch)
{
    return picture_state_is_suspicious(picture_watch_state(watch->picture));
}

void camera_watch_words(const struct camera_watch *watch, size_t size, char words[static size])
{
    enum picture_state state = picture_watch_state(watch->picture);
    char offset[48];
    int length = 0;
    words[0] = '\0';
    if (state != PICTURE_GOOD)
        length = snprintf(words, size, "the picture is %s", picture_state_name(state));
    if (watch->clock_off && length >= 0 && (size_t) length < size)
        (void) snprintf(words + length, size - (size_t) length, "%sthe camera's clock is %s",
                        length ? "; " : "",
                        offset_words(watch->clock_offset_us, sizeof(offset), offset));
}

void camera_watch_fill(const struct camera_watch *watch, struct camera_health *health)
{
    health->picture = (uint32_t) picture_watch_state(watch->picture);
    health->picture_alarms = watch->alarms;
    health->frames_suspicious = watch->suspicious;
    health->clock_offset_us = watch->clock_offset_us;
    health->wall_steps = watch->wall_steps;
}

int64_t camera_watch_total_ns(const struct camera_watch *watch)
{
    return watch->look_ns;
}
