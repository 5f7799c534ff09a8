/* engine.c - what engines do alike; see engine.h */
#include "detector/engine.h"

#include <errno.h>

/* The first layer that an engine cannot run, with what it lacks; NULL: it runs them all. */
static const struct darknet_layer *first_lacking(const struct darknet_cfg *cfg, engine_lack *lack,
                                                 const char **ret_what)
{
    for (int i = 0; i < cfg->layer_count; i++) {
        *ret_what = lack(&cfg->layers[i]);
        if (*ret_what)
            return &cfg->layers[i];
    }
    return NULL;
}

int engine_check_layers(const struct darknet_cfg *cfg, const char *engine, engine_lack *lack,
                        const char *other, struct error *err)
{
    const char *what;
    const struct darknet_layer *layer = first_lacking(cfg, lack, &what);
    return layer ? error_set(err, -ENOTSUP,
                             "%s:%d: the %s engine does not know %s; use engine \"%s\"", cfg->file,
                             layer->line, engine, what, other)
                 : 0;
}

void engine_describe(const struct darknet_cfg *cfg, struct text *out)
{
    static const struct {
        const char *name;
        engine_lack *lack; /* NULL: it runs all that can be parsed */
    } engines[] = {
#if FLOORFUSE_HAVE_FAST
        { "fast", NULL },
#endif
#if FLOORFUSE_HAVE_OPENCV
        { "opencv", engine_opencv_lack },
#endif
#if FLOORFUSE_HAVE_DARKNET
        { "darknet", engine_darknet_lack },
#endif
        { NULL, NULL }
    };
    const char *what;
    for (size_t i = 0; engines[i].name; i++) {
        const struct darknet_layer *layer =
            engines[i].lack ? first_lacking(cfg, engines[i].lack, &what) : NULL;
        text_format(out, "%s%s", i ? ", " : "", engines[i].name);
        if (layer)
            text_format(out, " not (line %d: %s)", layer->line, what);
    }
}
