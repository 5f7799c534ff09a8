/*
 * output.c - a simulation as files
 */
#include "sim/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "config/store_config.h"
#include "heat/heat_bucket.h"
#include "sim/output_csv.h"
#include "sim/output_store.h"
#include "sim/truth_heat.h"

/* Equal to the default of fusion.frame_valid_ms: a frame shows that its camera looks for so long.
 */
#define FRAME_VALID_US (INT64_C(1000) * US_PER_MS)

#define PX_DECIMALS    2
#define SCORE_DECIMALS 3
#define M_DECIMALS     4

enum table { TABLE_OBSERVATIONS, TABLE_TRUTH, TABLE_HEAT, TABLE_EXPOSURE, TABLE_VISIBLE, TABLES };

static const struct {
    const char *name, *header;
} tables[TABLES] = {
    [TABLE_OBSERVATIONS] = { "observations.csv", "time_us,camera,class,score,left_px,top_px,"
                                                 "right_px,bottom_px,id" },
    [TABLE_TRUTH] = { "truth.csv", "time_us,id,x_m,y_m" },
    [TABLE_HEAT] = { "heat_truth.csv", "bucket_us,cell,column,row,x_m,y_m,dwell_ms,passes,"
                                       "exposure_ms" },
    [TABLE_EXPOSURE] = { "exposure_truth.csv", "bucket_us,people_ms,exposure_ms,cameras" },
    [TABLE_VISIBLE] = { "visible.csv", "time_us,id,camera,visible,foot,head" },
};

struct output {
    const struct output_options *options;
    struct simulation *simulation;
    struct grid grid;
    struct csv_out *tables[TABLES]; /* [TABLE_VISIBLE] may be NULL */
    struct truth_heat *heat;
    uint8_t *footprints[HEAT_CAMERAS_MAX];
    int64_t taken_us[HEAT_CAMERAS_MAX]; /* the last frame of each camera */
    int64_t tick_us, next_tick_us;
    char time_text[24]; /* of the present moment: most rows begin with it */
    struct output_counts counts;
};

static size_t camera_count(const struct output *output)
{
    return simulation_camera_count(output->simulation);
}

static const char *camera_name(const struct output *output, size_t index)
{
    return sensor_id(simulation_camera(output->simulation, index));
}

/* The names of a set, separated by spaces. */
static void put_cameras(struct output *output, struct csv_out *out, uint64_t set)
{
    AUTO(text_release) struct text names = TEXT_INIT;
    for (size_t i = 0; i < camera_count(output); i++)
        if (set >> i & 1)
            text_format(&names, "%s%s", names.length ? " " : "", camera_name(output, i));
    csv_out_text(out, names.bytes);
}

static int put_bucket(void *context, const struct truth_bucket *bucket)
{
    struct output *output = context;
    struct csv_out *out = output->tables[TABLE_HEAT];
    for (size_t i = 0; i < bucket->cell_count; i++) {
        const struct truth_cell *cell = &bucket->cells[i];
        struct floor_m centre = grid_cell_centre(&output->grid, cell->cell);
        csv_out_integer(out, bucket->start_us);
        csv_out_integer(out, cell->cell);
        csv_out_integer(out, cell->cell % output->grid.columns);
        csv_out_integer(out, cell->cell / output->grid.columns);
        csv_out_fixed(out, centre.x, M_DECIMALS);
        csv_out_fixed(out, centre.y, M_DECIMALS);
        csv_out_integer(out, cell->dwell_ms);
        csv_out_integer(out, cell->passes);
        csv_out_integer(out, cell->exposure_ms);
        csv_out_end_row(out);
    }
    out = output->tables[TABLE_EXPOSURE];
    for (size_t i = 0; i < bucket->exposure_count; i++) {
        csv_out_integer(out, bucket->start_us);
        csv_out_integer(out, bucket->people_ms);
        csv_out_integer(out, bucket->exposures[i].exposure_ms);
        put_cameras(output, out, bucket->exposures[i].camera_set);
        csv_out_end_row(out);
    }
    return 0;
}

/* What each camera is believed to see, by the rule that fusion counts exposure with. */
static int draw_footprints(struct output *output)
{
    for (size_t i = 0; i < camera_count(output); i++) {
        const struct calibration *c = sensor_calibration(simulation_camera(output->simulation, i));
        uint32_t width, height;
        calibration_size(c, &width, &height);
        output->footprints[i] = calloc((size_t) grid_mask_bytes(&output->grid) + 1, 1);
        if (!output->footprints[i])
            return -ENOMEM;
        calibration_footprint(c, (struct box_px){ 0, 0, width, height }, NULL, FOOT_SD_PX,
                              &output->grid, output->footprints[i]);
        output->taken_us[i] = INT64_MIN / 2;
    }
    return 0;
}

static int open_heat(struct output *output, struct error *err)
{
    const struct sim_output_config *config = &output->options->simulation.config->output;
    if (camera_count(output) > HEAT_CAMERAS_MAX)
        return error_set(err, -ENOTSUP, "%zu cameras, but a floor can have %d; leave some out",
                         camera_count(output), HEAT_CAMERAS_MAX);
    output->grid = floor_map_grid(output->options->simulation.map, config->cell_m);
    output->tick_us = config->heat_tick_ms * US_PER_MS;
    output->next_tick_us = INT64_MIN;
    struct truth_heat_sink sink = { .context = output, .bucket = put_bucket };
    int r = draw_footprints(output);
    if (r == 0)
        r = truth_heat_create(&output->grid, config->heat_tick_ms, config->bucket_s,
                              output->footprints, camera_count(output), sink, &output->heat);
    return r < 0 ? error_set(err, r, "could not count heat: %s", strerror(-r)) : 0;
}

static int open_tables(struct output *output, struct error *err)
{
    int r = file_make_folder(output->options->folder, 0755, err);
    for (int i = 0; i < TABLES && r == 0; i++) {
        if (i == TABLE_VISIBLE && output->options->no_visible)
            continue;
        AUTO(text_release) struct text path = TEXT_INIT;
        text_format(&path, "%s/%s", output->options->folder, tables[i].name);
        r = path.failed ? error_set(err, -ENOMEM, "out of memory")
                        : csv_out_create(path.bytes, tables[i].header, &output->tables[i], err);
    }
    return r;
}

static int64_t round_up(int64_t time_us, int64_t step_us)
{
    int64_t over = time_us % step_us;
    return over > 0 ? time_us + step_us - over : time_us - over;
}

static uint64_t looking_at(const struct output *output, int64_t tick_us)
{
    uint64_t set = 0;
    for (size_t i = 0; i < camera_count(output); i++)
        if (tick_us - output->taken_us[i] <= FRAME_VALID_US)
            set |= UINT64_C(1) << i;
    return set;
}

/* Close the heat truth's ticks up to a time. */
static int count_heat(struct output *output, int64_t until_us)
{
    for (; output->next_tick_us <= until_us; output->next_tick_us += output->tick_us) {
        const struct simulated_person *people;
        size_t count;
        int r = simulation_people_at(output->simulation, output->next_tick_us, &people, &count);
        if (r == 0)
            r = truth_heat_tick(output->heat, output->next_tick_us, people, count,
                                looking_at(output, output->next_tick_us));
        if (r < 0)
            return r;
    }
    return 0;
}

static void put_boxes(struct output *output, const char *camera,
                      const struct sensor_picture *picture)
{
    struct csv_out *out = output->tables[TABLE_OBSERVATIONS];
    for (size_t i = 0; i < picture->box_count; i++) {
        const struct sensor_box *b = &picture->boxes[i];
        bool head = b->object_class == OBSERVATION_HEAD;
        csv_out_text(out, output->time_text);
        csv_out_text(out, camera);
        csv_out_text(out, head ? "head" : "person");
        csv_out_fixed(out, (double) b->score, SCORE_DECIMALS);
        csv_out_fixed(out, b->box.left, PX_DECIMALS);
        csv_out_fixed(out, b->box.top, PX_DECIMALS);
        csv_out_fixed(out, b->box.right, PX_DECIMALS);
        csv_out_fixed(out, b->box.bottom, PX_DECIMALS);
        csv_out_integer(out, b->id);
        csv_out_end_row(out);
        output->counts.boxes++;
        output->counts.head_boxes += head;
        output->counts.false_boxes += b->id == 0;
    }
}

/* A row without a class: this camera did not look at this time. */
static void put_absence(struct output *output, const char *camera)
{
    struct csv_out *out = output->tables[TABLE_OBSERVATIONS];
    csv_out_text(out, output->time_text);
    csv_out_text(out, camera);
    csv_out_text(out, ",,,,,,");
    csv_out_end_row(out);
}

static void put_seen(struct output *output, const char *camera,
                     const struct sensor_picture *picture)
{
    struct csv_out *out = output->tables[TABLE_VISIBLE];
    for (size_t i = 0; i < picture->seen_count; i++) {
        const struct sensor_seen *seen = &picture->seen[i];
        output->counts.seen += !seen->mannequin;
        if (!out || seen->mannequin)
            continue;
        csv_out_text(out, output->time_text);
        csv_out_integer(out, seen->id);
        csv_out_text(out, camera);
        csv_out_fixed(out, (double) seen->visible, SCORE_DECIMALS);
        csv_out_integer(out, seen->foot);
        csv_out_integer(out, seen->head);
        csv_out_end_row(out);
    }
}

static void put_truth(struct output *output, const struct moment *moment)
{
    struct csv_out *out = output->tables[TABLE_TRUTH];
    for (size_t i = 0; i < moment->people_count; i++) {
        const struct simulated_person *p = &moment->people[i];
        csv_out_text(out, output->time_text);
        csv_out_integer(out, p->id);
        csv_out_fixed(out, p->position.x, M_DECIMALS);
        csv_out_fixed(out, p->position.y, M_DECIMALS);
        csv_out_end_row(out);
    }
    output->counts.person_moments += (int64_t) moment->people_count;
}

static int put_moment(struct output *output, const struct moment *moment)
{
    (void) snprintf(output->time_text, sizeof(output->time_text), "%lld",
                    (long long) moment->time_us);
    if (output->next_tick_us == INT64_MIN)
        output->next_tick_us = round_up(moment->time_us, output->tick_us);
    int r = count_heat(output, moment->time_us - 1); /* before these frames are known */
    if (r < 0)
        return r;
    for (size_t i = 0; i < moment->frame_count; i++) {
        const struct simulated_frame *frame = &moment->frames[i];
        const char *camera = camera_name(output, i);
        if (!frame->picture.taken) {
            put_absence(output, camera);
            output->counts.lost_frames += frame->due;
            continue;
        }
        output->taken_us[i] = moment->time_us;
        put_boxes(output, camera, &frame->picture);
        put_seen(output, camera, &frame->picture);
        output->counts.frames++;
    }
    put_truth(output, moment);
    output->counts.moments++;
    return count_heat(output, moment->time_us);
}

static int simulate(struct output *output, struct error *err)
{
    struct moment moment;
    int r = simulation_next(output->simulation, &moment);
    int64_t first_us = moment.time_us, before_us = first_us;
    int64_t end_us = first_us + (int64_t) (output->options->duration_s * US_PER_S);
    while (r == 0 && moment.time_us < end_us) {
        r = put_moment(output, &moment);
        output->counts.person_camera_seconds += (double) (moment.time_us - before_us) / US_PER_S *
                                                (double) moment.people_count *
                                                (double) moment.frame_count;
        before_us = moment.time_us;
        if (stop_asked(output->options->stop))
            return error_set(err, -EINTR, "interrupted; nothing was written");
        if (r == 0)
            r = simulation_next(output->simulation, &moment);
    }
    if (r == 0)
        r = truth_heat_finish(output->heat);
    return r < 0 ? error_set(err, r, "the simulation stopped: %s", strerror(-r)) : 0;
}

/* First all bytes, then all names, so that a full disk leaves nothing half. */
static int close_tables(struct output *output, struct error *err)
{
    int r = 0;
    for (int i = 0; i < TABLES && r == 0; i++)
        if (output->tables[i])
            r = csv_out_finish(output->tables[i], err);
    if (r == 0)
        r = output_store_write(output->options->folder, output->options->simulation.config,
                               output->simulation, output->options->floor_text,
                               output->options->floor_length, err);
    for (int i = 0; i < TABLES && r == 0; i++)
        if (output->tables[i])
            r = csv_out_publish(output->tables[i], err);
    return r;
}

static void release(struct output *output)
{
    for (int i = 0; i < TABLES; i++)
        csv_out_destroy(&output->tables[i]);
    for (size_t i = 0; i < HEAT_CAMERAS_MAX; i++)
        free(output->footprints[i]);
    truth_heat_destroy(&output->heat);
    simulation_destroy(&output->simulation);
}

int output_write(const struct output_options *options, struct output_counts *ret_counts,
                 struct error *err)
{
    AUTO(release) struct output output = { .options = options };
    int r = simulation_create(&options->simulation, &output.simulation, err);
    if (r == 0)
        r = open_heat(&output, err);
    if (r == 0)
        r = open_tables(&output, err);
    if (r == 0)
        r = simulate(&output, err);
    if (r == 0)
        r = close_tables(&output, err);
    if (r < 0)
        return r;
    *ret_counts = output.counts;
    return 0;
}
