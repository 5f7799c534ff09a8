/*
 * replay.c - run a fuzz target as a normal test: on files, and on what a fixed stream makes of them
 *
 *   fuzz_NAME FILE...                  each file once
 *   fuzz_NAME --mutations N FILE...    then up to N mutations of them, about a second of processor
 *                                      time; where the time ends decides how many, not which
 *
 * The target runs in a child, because it may be ended by an abort, a sanitizer or a limit of time.
 * The child counts in shared memory; the parent makes the same input again and keeps it in a file.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/fuzz/mutate.h"

#define SEED_BYTES_MAX (16 * 1024 * 1024)

/* Of the mutations altogether, processor time. */
#define MUTATIONS_S 0.7

/* Of all seeds, or of one mutation: what takes longer would hold up whoever reads such a file. */
#define HANG_S 20

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct replay {
    const char *program; /* its name without folder */
    struct seed *seeds;
    size_t seed_count;
    uint64_t mutations;
    volatile uint64_t *at; /* inputs begun by the child; seeds come first */
};

static double used_s(void)
{
    struct timespec used;
    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double) used.tv_sec + (double) used.tv_nsec / 1e9;
}

static int read_seeds(char *const *files, struct replay *replay)
{
    for (size_t i = 0; i < replay->seed_count; i++) {
        struct error err;
        char *bytes;
        if (file_read(files[i], SEED_BYTES_MAX, &bytes, &replay->seeds[i].length, &err) < 0) {
            fprintf(stderr, "%s\n", err.text);
            return -1;
        }
        replay->seeds[i].bytes = (uint8_t *) bytes;
    }
    return 0;
}

/* Input `number`, counted from 0. */
static int input_of(const struct replay *replay, uint64_t number, struct seed *ret_input)
{
    if (number < replay->seed_count)
        return seed_copy(&replay->seeds[number], ret_input);
    return mutate(replay->seeds, replay->seed_count, number - replay->seed_count, ret_input);
}

static void try_input(const struct replay *replay, uint64_t number)
{
    struct seed input;
    *replay->at = number + 1;
    if (input_of(replay, number, &input) < 0)
        return;
    (void) LLVMFuzzerTestOneInput(input.bytes, input.length);
    free(input.bytes);
}

/* From now on; then comes SIGXCPU, which ends us. */
static void allow_processor(double seconds)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CPU, &limit) < 0)
        return;
    limit.rlim_cur = (rlim_t) (used_s() + seconds) + 1;
    (void) setrlimit(RLIMIT_CPU, &limit);
}

/* Returns the inputs that were tried. */
static uint64_t try_all(const struct replay *replay)
{
    uint64_t number = 0;
    allow_processor(HANG_S);
    for (; number < replay->seed_count; number++)
        try_input(replay, number);
    double end_s = used_s() + MUTATIONS_S;
    allow_processor(MUTATIONS_S + HANG_S);
    for (; number < replay->seed_count + replay->mutations && used_s() < end_s; number++)
        try_input(replay, number);
    return number;
}

/* Keep the input that ended the child, and say how to come back to it. */
static void blame_input(const struct replay *replay, int signal)
{
    char path[256];
    struct seed input;
    struct error err;
    uint64_t number = *replay->at - 1;
    (void) snprintf(path, sizeof(path), "%s.input", replay->program);
    if (input_of(replay, number, &input) < 0)
        return;
    if (file_write(path, input.bytes, input.length, 0644, &err) < 0)
        fprintf(stderr, "%s\n", err.text);
    else
        fprintf(stderr, "%s: %s on input %llu, which is kept as %s; run %s %s to see it again\n",
                replay->program, signal == SIGXCPU ? "took too long" : "failed",
                (unsigned long long) number, path, replay->program, path);
    free(input.bytes);
}

/* The child leaves by exit, so that leaks are looked for; its parent keeps the seeds until then. */
static int watch(const struct replay *replay, pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (*replay->at > 0)
        blame_input(replay, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return 1;
}

static int run(const struct replay *replay)
{
    (void) fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return 1;
    }
    if (child > 0)
        return watch(replay, child);
    uint64_t tried = try_all(replay);
    printf("%zu inputs replayed, %llu mutations of them tried\n", replay->seed_count,
           (unsigned long long) (tried - replay->seed_count));
    return 0;
}

/* Returns the number of arguments used, or -1. */
static int read_options(int argc, char **argv, struct replay *replay)
{
    char *end = NULL;
    if (argc < 2 || strcmp(argv[1], "--mutations") != 0)
        return 1;
    if (argc > 2)
        replay->mutations = strtoull(argv[2], &end, 10);
    return end && end != argv[2] && !*end ? 3 : -1;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    struct replay replay = { .program = slash ? slash + 1 : argv[0] };
    int used = read_options(argc, argv, &replay);
    if (used < 0 || used >= argc) {
        fprintf(stderr, "usage: %s [--mutations N] FILE...\n", replay.program);
        return 2;
    }
    replay.seed_count = (size_t) (argc - used);
    replay.seeds = calloc(replay.seed_count, sizeof(*replay.seeds));
    replay.at =
        mmap(NULL, sizeof(*replay.at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int rc = 1;
    if (replay.seeds && replay.at != MAP_FAILED && read_seeds(argv + used, &replay) == 0)
        rc = run(&replay);
    for (size_t i = 0; replay.seeds && i < replay.seed_count; i++)
        free(replay.seeds[i].bytes);
    free(replay.seeds);
    return rc;
}
