/* fuzz_box_tables.c - any bytes as boxes in a table: MOTChallenge's and CSV */
#include <stdint.h>
#include <stdlib.h>

#include "eval/box_set.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

typedef int reader(const char *path, struct box_set *set, struct error *err);

static void read_as(reader *read_boxes, const char *path)
{
    struct box_set set = { .boxes = NULL };
    struct error err = { "" };
    int r = read_boxes(path, &set, &err);
    if (r < 0 && !err.text[0])
        abort(); /* refused, and nobody is told why */
    for (size_t i = 0; r == 0 && i < set.count; i++)
        if (set.boxes[i].picture >= set.pictures.count ||
            set.boxes[i].object_class >= set.classes.count)
            abort();
    box_set_release(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct memory_file file;
    if (memory_file_open(&file, bytes, length)) {
        read_as(box_mot_read, file.path);
        read_as(box_csv_read, file.path);
    }
    memory_file_close(&file);
    return 0;
}
