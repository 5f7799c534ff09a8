/* fuzz_finding.c - any text as a finding; what is one corrects every kind of camera */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "calib/finding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const cameras[] = {
    "image = { width = 8; height = 6; };\n"
    "pinhole = { focal = [9.0, 9.0]; centre = [4.0, 3.0]; translation = [0.0, 0.0, 3.0];\n"
    "rotation = ((1, 0, 0), (0, -1, 0), (0, 0, -1)); };\n"
    "points = ([1.0, 2.0, 3.0, 4.0, 5.0]);\n",
    "image = { width = 8; height = 6; };\n"
    "floor_from_image = ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0));\n",
};

static void apply(const struct finding *finding, const char *camera)
{
    struct camera_file file = { 0 };
    struct problems problems = { 0 };
    struct text text = TEXT_INIT;
    if (camera_file_read(camera, "fuzz.cfg", &file, &problems) == 0 &&
        finding_apply(finding, &file) == 0)
        camera_file_write(&file, &text);
    text_release(&text);
    problems_release(&problems);
    camera_file_release(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct finding finding = { 0 };
    struct problems problems = { 0 };
    char *text = strndup((const char *) data, size);
    if (text && finding_read(text, "finding.cfg", &finding, &problems) == 0)
        for (size_t i = 0; i < ARRAY_LENGTH(cameras); i++)
            apply(&finding, cameras[i]);
    finding_release(&finding);
    problems_release(&problems);
    free(text);
    return 0;
}
