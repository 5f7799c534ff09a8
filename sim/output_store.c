/*
 * output_store.c - a store config with everything it names
 */
#include "sim/output_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

static int write_text(const char *folder, const char *name, struct text *text, struct error *err)
{
    AUTO(text_release) struct text path = TEXT_INIT;
    text_format(&path, "%s/%s", folder, name);
    if (path.failed || text->failed)
        return error_set(err, -ENOMEM, "out of memory");
    return file_write(path.bytes, text->bytes, text->length, 0644, err);
}

static void describe_camera(const struct sim_config *config, size_t index, struct text *text)
{
    const struct sim_camera_config *camera = &sim_config_cameras(config)[index];
    /* Nobody opens the url: the pictures do not exist. */
    text_format(text,
                "    {\n        id = \"%s\";\n        floor = \"%s\";\n"
                "        url = \"rtsp://simulated/%s\";\n"
                "        calibration = \"cameras/%s.cfg\";\n    }%s\n",
                camera->id, config->output.floor, camera->id, camera->id,
                index + 1 < config->cameras.count ? "," : "");
}

static int write_config(const char *folder, const struct sim_config *config, struct error *err)
{
    AUTO(text_release) struct text text = TEXT_INIT;
    const struct sim_output_config *output = &config->output;
    text_append(&text,
                "# A store that does not exist, by floorfuse simulate. Paths are beside this "
                "file.\n");
    text_format(&text, "store = { id = \"%s\"; timezone = \"UTC\"; };\n", output->store);
    text_format(&text,
                "floors = (\n    {\n        id = \"%s\";\n        geojson = "
                "\"floor.geojson\";\n    }\n);\ncameras = (\n",
                output->floor);
    for (size_t i = 0; i < config->cameras.count; i++)
        describe_camera(config, i, &text);
    text_format(&text, ");\nheat = { cell_m = %#.17g; bucket_s = %d; };\n", output->cell_m,
                output->bucket_s);
    if (output->endpoint)
        text_format(&text, "wire = { endpoint = \"%s\"; };\n", output->endpoint);
    return write_text(folder, "store.cfg", &text, err);
}

static int write_cameras(const char *folder, const struct simulation *simulation, struct error *err)
{
    AUTO(text_release) struct text cameras = TEXT_INIT;
    text_format(&cameras, "%s/cameras", folder);
    int r = cameras.failed ? error_set(err, -ENOMEM, "out of memory")
                           : file_make_folder(cameras.bytes, 0755, err);
    for (size_t i = 0; i < simulation_camera_count(simulation) && r == 0; i++) {
        const struct sensor *sensor = simulation_camera(simulation, i);
        AUTO(text_release) struct text text = TEXT_INIT;
        char name[ID_SIZE + sizeof(".cfg")];
        (void) snprintf(name, sizeof(name), "%s.cfg", sensor_id(sensor));
        text_append(&text, calibration_text(sensor_calibration(sensor)));
        r = write_text(cameras.bytes, name, &text, err);
    }
    return r;
}

/* The cameras as `floorfuse replay --cameras` reads them; nothing when one of them has a lens. */
static int write_table(const char *folder, const struct simulation *simulation, struct error *err)
{
    AUTO(text_release) struct text text = TEXT_INIT;
    text_append(&text, "# name and image_from_floor, row by row: floor m to px\n");
    for (size_t i = 0; i < simulation_camera_count(simulation); i++) {
        const struct sensor *sensor = simulation_camera(simulation, i);
        double matrix[12];
        if (!view_matrix_of_calibration(sensor_calibration(sensor), matrix))
            return 0;
        text_append(&text, sensor_id(sensor));
        for (int k = 0; k < 12; k++)
            text_format(&text, " %.17g", matrix[k]);
        text_append(&text, "\n");
    }
    return write_text(folder, "cameras.txt", &text, err);
}

int output_store_write(const char *folder, const struct sim_config *config,
                       const struct simulation *simulation, const char *floor_text,
                       size_t floor_length, struct error *err)
{
    AUTO(text_release) struct text floor = TEXT_INIT;
    text_append_bytes(&floor, floor_text, floor_length);
    int r = write_text(folder, "floor.geojson", &floor, err);
    if (r == 0)
        r = write_cameras(folder, simulation, err);
    if (r == 0)
        r = write_table(folder, simulation, err);
    return r < 0 ? r : write_config(folder, config, err);
}
