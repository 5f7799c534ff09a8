/*
 * cmd_evaluate.c - floorfuse evaluate: how near a result is to the truth
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "csv/number.h"
#include "eval/evaluate.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/region_words.h"
#include "programs/start.h"

#define PROGRAM "floorfuse evaluate"

/* The farthest that makes sense: the other end of the largest hall. */
#define METRES_MAX 1000.0

struct evaluate_words {
    const char *config, *truth, *result, *radius_m, *roi, *tolerance_ms, *cell_m;
    bool json;
};

static int usage(const char *sentence)
{
    fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", sentence);
    return EXIT_USAGE;
}

static bool parse_metres(const char *text, double *value)
{
    return !text || (number_parse(text, value) && *value > 0 && *value <= METRES_MAX);
}

static int parse_roi(const char *text, const struct number_list *configured,
                     double numbers[static REGION_NUMBERS_MAX], struct region *ret_region)
{
    *ret_region = (struct region){ .numbers = configured->values, .count = configured->count };
    if (text) {
        *ret_region = (struct region){ .numbers = numbers };
        if (!region_words_parse(text, numbers, &ret_region->count))
            return usage(REGION_WORDS_FORM);
    }
    if (!region_words_has_inside(ret_region->numbers, ret_region->count))
        return usage(REGION_WORDS_EMPTY);
    return EXIT_OK;
}

/* Flags come before the config's evaluate group. */
static int parse_words(const struct evaluate_words *words, const struct evaluate_config *config,
                       double roi[static REGION_NUMBERS_MAX], struct evaluate_options *options)
{
    int64_t tolerance_ms = config->tolerance_ms;
    *options = (struct evaluate_options){ .truth = words->truth ? words->truth : config->truth,
                                          .result = words->result ? words->result : config->result,
                                          .radius_m = config->radius_m,
                                          .cell_m = config->cell_m };
    if (!options->truth || !options->result)
        return usage("--truth and --result are needed");
    if (strcmp(options->truth, "-") == 0 || strcmp(options->result, "-") == 0)
        return usage("files are read twice, so the standard input cannot be one");
    if (!parse_metres(words->radius_m, &options->radius_m))
        return usage("--radius-m must be a distance in metres above 0, e.g. 0.5");
    if (!parse_metres(words->cell_m, &options->cell_m))
        return usage("--cell-m must be a length in metres above 0, e.g. 0.25");
    if (words->tolerance_ms && (!integer_parse(words->tolerance_ms, &tolerance_ms) ||
                                tolerance_ms < 0 || tolerance_ms > 60000))
        return usage("--tolerance-ms must be a whole number from 0 to 60000");
    options->tolerance_us = tolerance_ms * US_PER_MS;
    return parse_roi(words->roi, &config->roi, roi, &options->region);
}

/* ---- output: one table says what is printed and what it is called in JSON ---- */

enum unit { UNIT_PERCENT, UNIT_COUNT, UNIT_METRES, UNIT_PEOPLE };

struct row {
    const char *name, *key;
    enum unit unit;
    double value; /* fractions for percent */
    const char *note;
};

/* After an empty name a new block of the table begins. */
#define ROWS_MAX 48

static size_t fill_rows(const struct evaluation *e, struct row rows[static ROWS_MAX])
{
    const struct row all[] = {
        { "", NULL, UNIT_COUNT, 0, "detection" },
        { "MODA", "moda", UNIT_PERCENT, e->moda, NULL },
        { "MODP", "modp", UNIT_PERCENT, e->modp, NULL },
        { "precision", "precision", UNIT_PERCENT, e->precision, NULL },
        { "recall", "recall", UNIT_PERCENT, e->recall, NULL },
        { "mean error", "mean_error_m", UNIT_METRES, e->mean_error_m, NULL },
        { "missed", "missed", UNIT_COUNT, (double) e->missed, NULL },
        { "false", "false_positives", UNIT_COUNT, (double) e->false_positives, NULL },
        { "duplicates", "duplicate_rate", UNIT_PERCENT, e->duplicate_rate, "of the truth" },
        { "", NULL, UNIT_COUNT, 0, "tracking" },
        { "MOTA", "mota", UNIT_PERCENT, e->mota, NULL },
        { "MOTP", "motp", UNIT_PERCENT, e->motp, NULL },
        { "IDF1", "idf1", UNIT_PERCENT, e->idf1, NULL },
        { "ID precision", "idp", UNIT_PERCENT, e->id_precision, NULL },
        { "ID recall", "idr", UNIT_PERCENT, e->id_recall, NULL },
        { "HOTA", "hota", UNIT_PERCENT, e->hota, NULL },
        { "DetA", "deta", UNIT_PERCENT, e->detection_accuracy, NULL },
        { "AssA", "assa", UNIT_PERCENT, e->association_accuracy, NULL },
        { "LocA", "loca", UNIT_PERCENT, e->localisation_accuracy, NULL },
        { "ID switches", "id_switches", UNIT_COUNT, (double) e->id_switches, NULL },
        { "fragments", "fragments", UNIT_COUNT, (double) e->fragments, NULL },
        { "mostly tracked", "mostly_tracked", UNIT_COUNT, (double) e->mostly_tracked, "people" },
        { "partly tracked", "partly_tracked", UNIT_COUNT, (double) e->partly_tracked, "people" },
        { "mostly lost", "mostly_lost", UNIT_COUNT, (double) e->mostly_lost, "people" },
        { "", NULL, UNIT_COUNT, 0, "counting" },
        { "count MAE", "count_mae", UNIT_PEOPLE, e->count_mae, "people at a time" },
        { "count bias", "count_bias", UNIT_PEOPLE, e->count_bias, "people at a time" },
        { "count bias", "count_bias_percent", UNIT_PERCENT, e->count_bias_share, "of the truth" },
        { "heat error", "heat_l1", UNIT_PERCENT, e->heat_error, "of all dwell, sum over cells" },
        { "", NULL, UNIT_COUNT, 0, "of" },
        { "times", "times", UNIT_COUNT, (double) e->times, NULL },
        { "truth", "truth_points", UNIT_COUNT, (double) e->truth, "points" },
        { "result", "result_points", UNIT_COUNT, (double) e->result, "points" },
        { "people", "truth_ids", UNIT_COUNT, (double) e->people, NULL },
        { "tracks", "result_ids", UNIT_COUNT, (double) e->tracks, NULL },
    };
    _Static_assert(sizeof(all) / sizeof(all[0]) <= ROWS_MAX, "room for all rows");
    memcpy(rows, all, sizeof(all));
    return ARRAY_LENGTH(all);
}

static double shown(const struct row *row)
{
    return row->unit == UNIT_PERCENT ? 100 * row->value : row->value;
}

static void print_table(const struct row *rows, size_t count)
{
    static const char *const units[] = { "%", "", "m", "" };
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        const char *note = row->note ? row->note : "";
        if (!row->key) {
            printf("%s%s\n", i ? "\n" : "", note);
            continue;
        }
        int decimals = row->unit == UNIT_COUNT ? 0 : row->unit == UNIT_METRES ? 3 : 2;
        if (isfinite(row->value))
            printf("  %-16s%12.*f %-2s%s\n", row->name, decimals, shown(row), units[row->unit],
                   note);
        else
            printf("  %-16s%12s   there is nothing to divide by\n", row->name, "-");
    }
}

static int print_json(const struct row *rows, size_t count)
{
    json_t *object = json_object();
    int failed = object ? 0 : -1;
    for (size_t i = 0; failed == 0 && i < count; i++) {
        const struct row *row = &rows[i];
        if (!row->key)
            continue;
        json_t *value = !isfinite(row->value)     ? json_null()
                        : row->unit == UNIT_COUNT ? json_integer((json_int_t) row->value)
                                                  : json_real(shown(row));
        failed = json_object_set_new(object, row->key, value);
    }
    if (failed == 0)
        failed = json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
    (void) putchar('\n');
    json_decref(object);
    return failed;
}

static int report(const struct evaluation *evaluation, bool json)
{
    struct row rows[ROWS_MAX];
    size_t count = fill_rows(evaluation, rows);
    if (!json) {
        print_table(rows, count);
        return EXIT_OK;
    }
    if (print_json(rows, count) == 0)
        return EXIT_OK;
    fprintf(stderr, PROGRAM ": out of memory\n");
    return EXIT_FAILED;
}

int cmd_evaluate(int argc, char **argv)
{
    struct evaluate_words words = { .config = NULL };
    bool boxes = false;
    const struct argument arguments[] = {
        { "--truth", "FILE", &words.truth, NULL, "CSV: time_us,id,x_m,y_m", false },
        { "--result", "FILE", &words.result, NULL, "CSV: time_us,track,x_m,y_m, as replay writes",
          false },
        { "--radius-m", "M", &words.radius_m, NULL, "a match is at most this far (default: 0.5)",
          false },
        { "--roi", "NUMBERS", &words.roi, NULL,
          "score only xmin,ymin,xmax,ymax or a polygon x,y,..., m", false },
        { "--tolerance-ms", "N", &words.tolerance_ms, NULL,
          "a result this near in time is of that time (default: 50)", false },
        { "--cell-m", "M", &words.cell_m, NULL, "edge of a heat cell (default: 0.25)", false },
        { "--json", NULL, NULL, &words.json, "one JSON object, rates in percent", false },
        { "--boxes", NULL, NULL, &boxes,
          "score boxes in pictures instead; --boxes --help tells more", false },
        { "--config", "FILE", &words.config, NULL, "a store's config with an evaluate group",
          false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Compare tracks with the truth: MODA, MOTA, IDF1, HOTA, counts, heat.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    double roi[REGION_NUMBERS_MAX];
    struct evaluate_options options;
    struct evaluation evaluation;
    struct error err = { "" };
    int exit_code;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--boxes") == 0)
            return cmd_evaluate_boxes(argc, argv);
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config_or_defaults(PROGRAM, words.config, &config) < 0)
        return EXIT_FAILED;
    exit_code = parse_words(&words, &config->evaluate, roi, &options);
    if (exit_code != EXIT_OK)
        return exit_code;
    if (evaluate(&options, &evaluation, &err) < 0) {
        fprintf(stderr, PROGRAM ": %s\n", err.text);
        return EXIT_FAILED;
    }
    return report(&evaluation, words.json);
}
