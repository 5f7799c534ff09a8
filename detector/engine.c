/* engine.c - what engines do alike; see engine.h */
#include "detector/engine.h"

#include <errno.h>

int engine_check_layers(const struct darknet_cfg *cfg, const char *engine, engine_lack *lack,
                        const char *other, struct error *err)
{
    for (int i = 0; i < cfg->layer_count; i++) {
        const char *what = lack(&cfg->layers[i]);
        if (what)
            return error_set(err, -ENOTSUP,
                             "%s:%d: the %s engine does not know %s; use engine \"%s\"", cfg->file,
                             cfg->layers[i].line, engine, what, other);
    }
    return 0;
}
