/*
 * cmd_keys.c - floorfuse keys: who may talk to fusion
 *
 * Each step leaves a folder that works: a list is replaced in one piece, and a new key is on the
 * list before its file is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/start.h"
#include "wire/allow_list.h"

#define PROGRAM "floorfuse keys"

/* A day is enough to carry a file to any machine of a store. */
#define GRACE_DEFAULT_H 24
#define US_PER_H        (3600 * US_PER_S)

#define NAMES_MAX 1000

/* What all of them get. */
struct keyring {
    const struct store_config *config;
    const char *folder, *store;
    struct allow_list list; /* empty before init */
    double grace_h;
    int lock_fd;
};

/* ---- the folder ---- */

/* One at a time, or one would write the list of the other away. */
static int take_lock(struct keyring *ring, struct error *err)
{
    ring->lock_fd = open(ring->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ring->lock_fd < 0)
        return error_set(err, -errno, "could not open %s: %s", ring->folder, strerror(errno));
    if (flock(ring->lock_fd, LOCK_EX) < 0)
        return error_set(err, -errno, "could not lock %s: %s", ring->folder, strerror(errno));
    return 0;
}

static bool is_there(const struct keyring *ring, const char *name)
{
    char *path;
    bool there = asprintf(&path, "%s/%s", ring->folder, name) >= 0 && file_exists(path);
    free(path);
    return there;
}

static int need_init(const struct keyring *ring, struct error *err)
{
    if (is_there(ring, FUSION_PUBLIC_FILE) && is_there(ring, ALLOW_LIST_FILE))
        return 0;
    return error_set(err, -ENOENT,
                     "there are no keys of fusion in %s; make them with floorfuse keys init "
                     "--config %s",
                     ring->folder, ring->config->path);
}

static int write_list(const struct keyring *ring, struct error *err)
{
    return allow_list_write(ring->folder, ring->store, &ring->list, err);
}

static int write_secret(const struct keyring *ring, const struct key_file *key, struct error *err)
{
    char *path = key_file_path(ring->folder, key->id);
    int r = path ? key_file_write(path, KEY_SECRET, ring->store, key, err)
                 : error_set(err, -ENOMEM, "out of memory");
    free(path);
    return r;
}

static int write_fusion_public(const struct keyring *ring, const struct key_file *key,
                               struct error *err)
{
    char *path;
    if (asprintf(&path, "%s/" FUSION_PUBLIC_FILE, ring->folder) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    int r = key_file_write(path, KEY_PUBLIC, ring->store, key, err);
    free(path);
    return r;
}

/* ---- the list ---- */

static size_t count_of(const struct keyring *ring, const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < ring->list.count; i++)
        count += strcmp(ring->list.items[i].id, id) == 0;
    return count;
}

/* The keys of an id end at a time, unless they end earlier; what has ended goes. */
static void end_keys(struct keyring *ring, const char *id, int64_t until_us)
{
    struct allowed_key *items = ring->list.items;
    size_t kept = 0;
    for (size_t i = 0; i < ring->list.count; i++) {
        bool ours = strcmp(items[i].id, id) == 0;
        if (ours && (items[i].until_us == 0 || items[i].until_us > until_us))
            items[i].until_us = until_us;
        if (items[i].until_us == 0 || items[i].until_us > clock_wall_us())
            items[kept++] = items[i];
    }
    ring->list.count = kept;
}

static int allow(struct keyring *ring, const struct key_file *key, struct error *err)
{
    struct allowed_key entry = { .added_us = clock_wall_us() / US_PER_S * US_PER_S };
    memcpy(entry.id, key->id, ID_SIZE);
    memcpy(entry.public_key, key->public_key, KEY_TEXT_SIZE);
    int r = allow_list_add(&ring->list, &entry);
    if (r == 0)
        return write_list(ring, err);
    return error_set(err, r,
                     r == -ENOSPC ? "the allow-list is full; remove cameras that are gone"
                                  : "out of memory");
}

/* A new pair: first on the list, then in its file. */
static int issue(struct keyring *ring, const char *id, struct error *err)
{
    struct key_file key;
    int r = key_file_make(id, &key, err);
    if (r == 0)
        r = allow(ring, &key, err);
    if (r == 0)
        r = write_secret(ring, &key, err);
    key_file_wipe(&key);
    return r;
}

/* ---- the actions ---- */

/* fusion.pub comes last: it says that all the rest is there. */
static int init_fusion(struct keyring *ring, struct error *err)
{
    struct key_file key;
    char *path = key_file_path(ring->folder, KEY_ID_FUSION);
    if (!path)
        return error_set(err, -ENOMEM, "out of memory");
    int r;
    if (file_exists(path)) {
        r = key_file_load(path, KEY_SECRET, &key, err);
    } else {
        r = key_file_make(KEY_ID_FUSION, &key, err);
        if (r == 0)
            r = write_secret(ring, &key, err);
    }
    free(path);
    if (r == 0)
        r = write_fusion_public(ring, &key, err);
    key_file_wipe(&key);
    return r;
}

static int init(struct keyring *ring, const char *name, struct error *err)
{
    (void) name;
    int r = 0;
    if (!is_there(ring, ALLOW_LIST_FILE))
        r = write_list(ring, err);
    if (r == 0 && count_of(ring, KEY_ID_OPERATOR) == 0)
        r = issue(ring, KEY_ID_OPERATOR, err);
    if (r == 0)
        r = init_fusion(ring, err);
    if (r == 0)
        printf("fusion of store %s has its keys in %s; give each camera one: floorfuse keys add "
               "CAMERA\n",
               ring->store, ring->folder);
    return r;
}

static void say_where(const struct keyring *ring, const char *id)
{
    char *path = key_file_path(ring->folder, id);
    printf("its secret key is %s\n", path ? path : "");
    if (strcmp(id, KEY_ID_OPERATOR) != 0)
        printf(
            "if camera %s runs on another machine: move that file, and copy %s/%s, into wire.keys "
            "there\n",
            id, ring->folder, FUSION_PUBLIC_FILE);
    free(path);
}

static int add(struct keyring *ring, const char *id, struct error *err)
{
    if (strcmp(id, KEY_ID_FUSION) == 0 || strcmp(id, KEY_ID_OPERATOR) == 0)
        return error_set(err, -EINVAL,
                         "\"%s\" is no camera's name where there are keys: fusion and operator "
                         "have their own; call the camera something else",
                         id);
    if (!store_config_camera(ring->config, id))
        return error_set(err, -EINVAL, "%s has no camera \"%s\"; see its cameras list",
                         ring->config->path, id);
    if (count_of(ring, id) > 0)
        return error_set(err, -EEXIST,
                         "camera %s has a key; replace it with floorfuse keys rotate %s", id, id);
    int r = issue(ring, id, err);
    if (r == 0) {
        printf("camera %s may talk to fusion\n", id);
        say_where(ring, id);
    }
    return r;
}

static int remove_key(struct keyring *ring, const char *id, struct error *err)
{
    if (count_of(ring, id) == 0)
        return error_set(err, -ENOENT, "\"%s\" has no key; see floorfuse keys list", id);
    end_keys(ring, id, clock_wall_us());
    int r = write_list(ring, err);
    if (r < 0)
        return r;
    char *path = key_file_path(ring->folder, id);
    if (path && unlink(path) < 0 && errno != ENOENT)
        r = error_set(err, -errno, "%s is shut out, but its file stayed: could not delete %s: %s",
                      id, path, strerror(errno));
    free(path);
    if (r == 0)
        printf("%s is shut out within a second, where it is connected, too\n", id);
    return r;
}

/* Fusion can have one key only, by which cameras know it: both ends have to change. */
static int rotate_fusion(struct keyring *ring, struct error *err)
{
    struct key_file key;
    int r = key_file_make(KEY_ID_FUSION, &key, err);
    if (r == 0)
        r = write_secret(ring, &key, err);
    if (r == 0)
        r = write_fusion_public(ring, &key, err);
    key_file_wipe(&key);
    if (r == 0)
        printf("fusion has a new key; now start the store again, and copy %s/%s\nto every machine "
               "with a camera. Cameras and fusion that differ do not hear each other; what cameras "
               "see\nwaits in their rings meanwhile. docs/security.md tells the steps.\n",
               ring->folder, FUSION_PUBLIC_FILE);
    return r;
}

static int rotate(struct keyring *ring, const char *id, struct error *err)
{
    char text[WALL_TEXT_SIZE];
    if (strcmp(id, KEY_ID_FUSION) == 0)
        return rotate_fusion(ring, err);
    if (count_of(ring, id) == 0)
        return error_set(err, -ENOENT, "\"%s\" has no key to replace; see floorfuse keys list", id);
    int64_t until_us = clock_wall_us() + (int64_t) (ring->grace_h * (double) US_PER_H);
    end_keys(ring, id, until_us);
    int r = issue(ring, id, err);
    if (r < 0)
        return r;
    printf("%s has a new key; the old one is %s%s\n", id,
           ring->grace_h > 0 ? "good until " : "good no more",
           ring->grace_h > 0 ? clock_wall_format(until_us / US_PER_S * US_PER_S, text) : "");
    say_where(ring, id);
    return 0;
}

static void print_entry(const struct keyring *ring, const struct allowed_key *key)
{
    char added[WALL_TEXT_SIZE], until[WALL_TEXT_SIZE] = "-";
    if (key->until_us)
        clock_wall_format(key->until_us / US_PER_S * US_PER_S, until);
    bool known =
        strcmp(key->id, KEY_ID_OPERATOR) == 0 || store_config_camera(ring->config, key->id);
    printf("%-24s %.8s  %-20s  %-20s  %s\n", key->id, key->public_key,
           clock_wall_format(key->added_us, added), until,
           known ? "" : "no camera of this name in the config");
}

static int by_name(const void *a, const void *b)
{
    const struct allowed_key *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : (x->added_us > y->added_us) - (x->added_us < y->added_us);
}

static int list(struct keyring *ring, const char *name, struct error *err)
{
    (void) name;
    (void) err;
    printf("%-24s %-8s  %-20s  %-20s\n", "id", "key", "added", "good until");
    qsort(ring->list.items, ring->list.count, sizeof(*ring->list.items), by_name);
    for (size_t i = 0; i < ring->list.count; i++)
        print_entry(ring, &ring->list.items[i]);
    for (size_t i = 0; i < ring->config->cameras.count; i++) {
        const char *camera = store_config_cameras(ring->config)[i].id;
        if (count_of(ring, camera) == 0)
            printf("%-24s has no key; floorfuse keys add %s\n", camera, camera);
    }
    return 0;
}

/* ---- the table ---- */

static const struct action {
    const char *name;
    int (*run)(struct keyring *ring, const char *name, struct error *err);
    const char *operand; /* NULL: none */
    bool takes_grace;
    const char *help, *purpose;
} actions[] = {
    { "init", init, NULL, false, "make the keys of fusion and of the operator",
      "Make what a store needs before its sockets may be reached from other machines: fusion's "
      "keys, the\noperator's, and an allow-list. Doing it again makes what is missing." },
    { "add", add, "CAMERA", false, "make a camera's keys and let it in",
      "Make the keys of cameras and let them in. Each has its own, and can speak in its own name "
      "only." },
    { "remove", remove_key, "CAMERA", false, "shut a camera out",
      "Take keys off the allow-list. A camera that is connected is not heard any more, either." },
    { "rotate", rotate, "CAMERA|fusion|operator", true, "replace keys, with time to carry them",
      "Replace keys. The old ones stay good for a while, so that nothing is lost until the new "
      "file is in\nits place; a running camera takes that by itself." },
    { "list", list, NULL, false, "who may come in", "List whose keys fusion lets in." },
};

static int help(FILE *out, int exit_code)
{
    fprintf(out, "usage: " PROGRAM " ACTION --config FILE [options]\n\nactions:\n");
    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
        fprintf(out, "  %-8s %s\n", actions[i].name, actions[i].help);
    fprintf(out, "\n" PROGRAM " ACTION --help tells more; docs/security.md tells how.\n");
    return exit_code;
}

/* Only init makes anything where there was nothing. */
static int open_ring(struct keyring *ring, const struct action *action, struct error *err)
{
    int r = action->run == init ? file_make_folder(ring->folder, 0755, err) : need_init(ring, err);
    if (r == 0)
        r = take_lock(ring, err);
    if (r == 0 && is_there(ring, ALLOW_LIST_FILE))
        r = allow_list_load(ring->folder, &ring->list, err);
    return r;
}

static int run_on(const struct action *action, struct keyring *ring, const char **names,
                  size_t count, struct error *err)
{
    int r = open_ring(ring, action, err);
    if (r == 0 && !action->operand)
        return action->run(ring, NULL, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = action->run(ring, names[i], err);
    return r;
}

static int run(const struct action *action, int argc, char **argv)
{
    static const char *names[NAMES_MAX];
    const char *config_path = NULL;
    char program[64];
    size_t count = 0;
    struct keyring ring = { .grace_h = GRACE_DEFAULT_H, .lock_fd = -1 };
    const struct argument arguments[] = {
        { "--config", "FILE", &config_path, NULL, "the store's config", true },
        { .name = "--grace",
          .value = "HOURS",
          .help = "the old key is good for so long; default 24; 0: not any more",
          .numbers = { &ring.grace_h, 1, 0, 8760, false } },
    };
    struct command_line line = { .program = program,
                                 .purpose = action->purpose,
                                 .arguments = arguments,
                                 .argument_count = action->takes_grace ? 2 : 1 };
    if (action->operand) {
        line.operands.value = action->operand;
        line.operands.strings = names;
        line.operands.most = NAMES_MAX;
        line.operands.count = &count;
        line.operands.required = true;
    }
    (void) snprintf(program, sizeof(program), PROGRAM " %s", action->name);
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_keyless_config(PROGRAM, config_path, &config) < 0)
        return EXIT_FAILED;
    struct error err = { "" };
    ring.config = config;
    ring.folder = config->wire.keys;
    ring.store = config->store.id;
    int r = run_on(action, &ring, names, count, &err);
    if (r < 0)
        fprintf(stderr, PROGRAM ": %s\n", err.text);
    allow_list_release(&ring.list);
    if (ring.lock_fd >= 0)
        (void) close(ring.lock_fd);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int cmd_keys(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0)
        return help(stdout, EXIT_OK);
    for (size_t i = 0; argc >= 2 && i < ARRAY_LENGTH(actions); i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return run(&actions[i], argc - 1, argv + 1);
    return help(stderr, EXIT_USAGE);
}
