/*
 * cmd_model.c - floorfuse model: networks that are known, got, looked into and checked
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/class_names.h"
#include "detector/darknet_cfg.h"
#include "detector/engine.h"
#include "detector/model_catalogue.h"
#include "detector/model_fetch.h"
#include "detector/network_cost.h"
#include "detector/weights.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/start.h"

#define PROGRAM "floorfuse model"

/* What all of them may be told. */
struct model_words {
    const char *catalogue, *folder, *size, *weights, *names, *sha256;
    char **rest; /* the model's name or path */
};

static int fail(const char *sentence)
{
    fprintf(stderr, PROGRAM ": %s\n", sentence);
    return EXIT_FAILED;
}

static int load_catalogue(const struct model_words *words, struct model_catalogue *ret_catalogue)
{
    AUTO(problems_release) struct problems problems = { 0 };
    const char *path = words->catalogue ? words->catalogue : getenv("FLOORFUSE_CATALOGUE");
    int r = model_catalogue_load(path, ret_catalogue, &problems);
    for (size_t i = 0; i < problems.count; i++)
        fprintf(stderr, PROGRAM ": %s\n", problems.sentences[i]);
    return r;
}

/* The folder that models are kept in; NULL after a sentence. The caller's to free(). */
static char *folder_of(const struct model_words *words)
{
    char *folder = words->folder ? strdup(words->folder) : model_default_folder();
    if (!folder)
        (void) fail("neither XDG_CACHE_HOME nor HOME is set; use --dest");
    return folder;
}

/* ---- list ---- */

static void print_entry(const struct model_entry *e, const char *folder)
{
    char size[32] = "";
    if (e->size.count == 2)
        (void) snprintf(size, sizeof(size), "%gx%g", e->size.values[0], e->size.values[1]);
    size_t classes = 1;
    for (const char *c = e->classes; *c; c++)
        classes += *c == '|';
    printf("%-26s %-9s %7zu  %-4s  %s\n", e->name, size, classes,
           model_is_there(e, folder) ? "here" : "-", e->licence);
    if (e->note)
        printf("%26s %s\n", "", e->note);
}

static int list(const struct model_words *words)
{
    struct model_catalogue catalogue;
    char *folder = folder_of(words);
    if (!folder || load_catalogue(words, &catalogue) < 0) {
        free(folder);
        return EXIT_FAILED;
    }
    printf("%-26s %-9s %7s  %-4s  %s\n", "model", "input", "classes", "here", "licence");
    for (size_t i = 0; i < catalogue.models.count; i++)
        print_entry(&model_catalogue_entries(&catalogue)[i], folder);
    printf("kept in %s\n", folder);
    model_catalogue_release(&catalogue);
    free(folder);
    return EXIT_OK;
}

/* ---- fetch ---- */

static void say(const char *sentence, void *context)
{
    (void) context;
    fprintf(stderr, PROGRAM ": %s\n", sentence);
}

static int fetch_entry(const struct model_entry *entry, const char *folder)
{
    const char *const look_in[] = { getenv("FLOORFUSE_MODELS"), NULL };
    const struct model_fetch_options options = { .folder = folder, .look_in = look_in, .say = say };
    struct error err = { "" };
    char *model = NULL;
    if (model_fetch(entry, &options, &model, &err) < 0)
        return fail(err.text[0] ? err.text : "out of memory");
    printf("%s\n", model);
    free(model);
    return EXIT_OK;
}

static int fetch(const struct model_words *words)
{
    struct model_catalogue catalogue;
    char *folder = folder_of(words);
    if (!folder || load_catalogue(words, &catalogue) < 0) {
        free(folder);
        return EXIT_FAILED;
    }
    const struct model_entry *entry = model_catalogue_find(&catalogue, words->rest[0]);
    int exit_code;
    if (entry)
        exit_code = fetch_entry(entry, folder);
    else
        exit_code = fail("there is no model of that name in the catalogue; see " PROGRAM " list");
    model_catalogue_release(&catalogue);
    free(folder);
    return exit_code;
}

/* ---- info and check ---- */

static bool parse_size(const char *text, uint32_t *ret_width, uint32_t *ret_height)
{
    char rest;
    *ret_width = *ret_height = 0;
    return !text || sscanf(text, "%5ux%5u%c", ret_width, ret_height, &rest) == 2;
}

static int load_cfg(const struct model_words *words, struct darknet_cfg **ret_cfg)
{
    uint32_t width, height;
    struct error err = { "" };
    if (!parse_size(words->size, &width, &height)) {
        fprintf(stderr, PROGRAM ": --size is width x height in px, e.g. 416x320\n");
        return -EINVAL;
    }
    int r = darknet_cfg_load(words->rest[0], width, height, ret_cfg, &err);
    if (r < 0)
        (void) fail(err.text[0] ? err.text : strerror(-r));
    return r;
}

static void print_layer(const struct darknet_layer *l, int number)
{
    AUTO(text_release) struct text what = TEXT_INIT;
    char shape[48];
    darknet_layer_describe(l, &what);
    (void) snprintf(shape, sizeof(shape), "%dx%dx%d", l->out.width, l->out.height, l->out.channels);
    printf("%5d  %5d  %-34s %-14s %10.3f %10lld\n", number, l->line, what.bytes ? what.bytes : "",
           shape, (double) darknet_layer_macs(l) / 1e6, (long long) darknet_layer_parameters(l));
}

/* What all outputs together take, if each had memory of its own, and the largest two. */
static void print_memory(const struct darknet_cfg *cfg)
{
    int64_t all = 0, largest = 0;
    for (int i = 0; i < cfg->layer_count; i++) {
        int64_t values = darknet_shape_values(cfg->layers[i].out);
        all += values;
        largest = values > largest ? values : largest;
    }
    printf("memory: %.2f MB of weights, %.2f MB for the picture, %.2f MB for the largest layer "
           "(%.1f MB if every layer kept its own)\n",
           4e-6 * (double) cfg->parameters, 4e-6 * 3 * cfg->width * cfg->height,
           4e-6 * (double) largest, 4e-6 * (double) all);
}

static void print_engines(const struct darknet_cfg *cfg)
{
    AUTO(text_release) struct text engines = TEXT_INIT;
    engine_describe(cfg, &engines);
    printf("engines: %s\n", engines.bytes ? engines.bytes : "");
}

static int info(const struct model_words *words)
{
    struct darknet_cfg *cfg;
    if (load_cfg(words, &cfg) < 0)
        return EXIT_FAILED;
    printf("%5s  %5s  %-34s %-14s %10s %10s\n", "layer", "line", "what", "output", "MMACs",
           "parameters");
    for (int i = 0; i < cfg->layer_count; i++)
        print_layer(&cfg->layers[i], i);
    printf("input %dx%d, %d heads of %d classes, %d layers\n", cfg->width, cfg->height, cfg->heads,
           cfg->classes, cfg->layer_count);
    printf("work: %.1f million multiplications a picture; parameters: %lld\n",
           (double) darknet_macs(cfg) / 1e6, (long long) cfg->parameters);
    print_memory(cfg);
    print_engines(cfg);
    darknet_cfg_destroy(&cfg);
    return EXIT_OK;
}

static int check_weights(const struct model_words *words, const struct darknet_cfg *cfg,
                         struct error *err)
{
    char *path = NULL, *bytes = NULL;
    size_t length, stem = strlen(words->rest[0]);
    if (stem > 4 && strcmp(words->rest[0] + stem - 4, ".cfg") == 0)
        stem -= 4;
    if (!words->weights && asprintf(&path, "%.*s.weights", (int) stem, words->rest[0]) < 0)
        return -ENOMEM;
    int r = weights_load(path ? path : words->weights, cfg, words->sha256, &bytes, &length, err);
    free(bytes);
    free(path);
    return r;
}

static int check_names(const struct model_words *words, const struct darknet_cfg *cfg,
                       struct error *err)
{
    char *path = NULL;
    enum detection_class *classes = NULL;
    int r = words->names ? 0 : class_names_find(words->rest[0], &path, err);
    if (r == 0)
        r = class_names_load(path ? path : words->names, cfg->classes, &classes, err);
    free(classes);
    free(path);
    return r;
}

static int check(const struct model_words *words)
{
    struct darknet_cfg *cfg;
    struct error err = { "" };
    if (load_cfg(words, &cfg) < 0)
        return EXIT_FAILED;
    int r = check_weights(words, cfg, &err);
    if (r == 0)
        r = check_names(words, cfg, &err);
    if (r == 0)
        printf("%s is sound: %d layers, %lld parameters, %d classes\n", words->rest[0],
               cfg->layer_count, (long long) cfg->parameters, cfg->classes);
    else
        (void) fail(err.text[0] ? err.text : strerror(-r));
    darknet_cfg_destroy(&cfg);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}

/* ---- which one ---- */

struct action {
    const char *name, *program, *purpose;
    int (*run)(const struct model_words *words);
    const char *takes; /* what follows the options; NULL: nothing */
};

static const struct action actions[] = {
    { "list", PROGRAM " list", "What the catalogue has, and what is here already.", list, NULL },
    { "fetch", PROGRAM " fetch",
      "Get a model's files, check their SHA-256, print where its .cfg is. $FLOORFUSE_MODELS is "
      "looked into before the network.",
      fetch, "NAME" },
    { "info", PROGRAM " info", "Print the layers of a Darknet .cfg, their work and memory.", info,
      "MODEL.cfg" },
    { "check", PROGRAM " check", "Check a model's .cfg, .weights and .names against each other.",
      check, "MODEL.cfg" },
};

static int help(FILE *out, int exit_code)
{
    fprintf(out, "usage: " PROGRAM " ACTION [options] [NAME or MODEL.cfg]\n\nactions:\n");
    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
        fprintf(out, "  %-6s %s\n", actions[i].name, actions[i].purpose);
    fprintf(out, "\n" PROGRAM " ACTION --help tells more.\n");
    return exit_code;
}

static int run(const struct action *action, int argc, char **argv)
{
    struct model_words words = { 0 };
    const struct argument arguments[] = {
        { "--catalogue", "FILE", &words.catalogue, NULL,
          "a catalogue instead of the one built in (default: $FLOORFUSE_CATALOGUE)", false },
        { "--dest", "DIR", &words.folder, NULL,
          "where models are kept (default: ~/.cache/floorfuse/models)", false },
        { "--size", "WxH", &words.size, NULL, "network input, px (default: as in the .cfg)",
          false },
        { "--weights", "FILE", &words.weights, NULL, "default: beside the .cfg", false },
        { "--names", "FILE", &words.names, NULL, "default: the only .names beside it", false },
        { "--sha256", "HEX", &words.sha256, NULL, "what the weights must have", false },
    };
    const struct command_line line = { .program = action->program,
                                       .purpose = action->purpose,
                                       .arguments = arguments,
                                       .argument_count = ARRAY_LENGTH(arguments),
                                       .rest = action->takes ? &words.rest : NULL };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    if (action->takes && (!words.rest[0] || words.rest[1])) {
        fprintf(stderr, "%s: needs one %s behind the options; see %s --help\n", action->program,
                action->takes, action->program);
        return EXIT_USAGE;
    }
    return action->run(&words);
}

int cmd_model(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0)
        return help(stdout, EXIT_OK);
    for (size_t i = 0; argc >= 2 && i < ARRAY_LENGTH(actions); i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return run(&actions[i], argc - 1, argv + 1);
    return help(stderr, EXIT_USAGE);
}
