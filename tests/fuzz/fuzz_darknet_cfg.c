/* fuzz_darknet_cfg.c - any text as a Darknet .cfg; what is understood must be written and read
 * again */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "detector/darknet_cfg.h"
#include "detector/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The written text has no [yolo], so with one head at its end it is the same network again. */
static void write_and_read_again(const struct darknet_cfg *cfg)
{
    struct darknet_cfg *again = NULL;
    struct text text = TEXT_INIT;
    struct darknet_shape out = cfg->layers[cfg->layer_count - 1].out;
    darknet_cfg_write(cfg, &text);
    if (out.channels > 5 && out.channels < 1000) {
        text_format(&text, "[yolo]\nclasses=%d\nnum=1\nanchors=1,1\n", out.channels - 5);
        int r = darknet_cfg_parse(text.bytes, text.length, "again.cfg", 0, 0, &again, NULL);
        assert(text.failed || r == 0 || r == -EFBIG); /* one layer more may be one too many */
        if (r == 0)
            assert(again->parameters == cfg->parameters);
    }
    darknet_cfg_destroy(&again);
    text_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct darknet_cfg *cfg = NULL;
    struct error err;
    const char *bytes = (const char *) data;
    if (darknet_cfg_parse(bytes, size, "fuzz.cfg", 0, 0, &cfg, &err) == 0) {
        write_and_read_again(cfg);
        (void) !weights_check(bytes, size, "fuzz.weights", cfg, &err);
    }
    darknet_cfg_destroy(&cfg);
    if (darknet_cfg_parse(bytes, size, "fuzz.cfg", 416, 320, &cfg, &err) == 0)
        darknet_cfg_destroy(&cfg);
    return 0;
}
