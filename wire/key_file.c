/*
 * key_file.c - one CURVE key pair, or the public half of one, in a file that people can read
 */
#include "wire/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/file.h"
#include "config/option.h"

/* As the file says it; NULL what it does not. */
struct raw_key {
    char *id, *public_key, *secret_key;
};

#define RAW(member) offsetof(struct raw_key, member)

/* clang-format off: one line an option reads best */
static const struct option key_options[] = {
    { "id", OPTION_ID, RAW(id), .required = true, .help = "whose key it is" },
    { "public_key", OPTION_STRING, RAW(public_key), .required = true,
      .help = "40 characters of Z85; everybody may know it" },
    { "secret_key", OPTION_STRING, RAW(secret_key),
      .help = "40 characters of Z85; nobody else may know it" },
};
/* clang-format on */

static int no_curve(struct error *err)
{
    return error_set(err, -ENOTSUP,
                     "this libzmq was built without CURVE; install one that has it, as Debian's");
}

int key_file_make(const char *id, struct key_file *ret_key, struct error *err)
{
    struct key_file key = { .id = "" };
    if (zmq_curve_keypair(key.public_key, key.secret_key) < 0)
        return no_curve(err);
    (void) snprintf(key.id, sizeof(key.id), "%s", id);
    *ret_key = key;
    key_file_wipe(&key);
    return 0;
}

void key_file_wipe(struct key_file *key)
{
    explicit_bzero(key, sizeof(*key));
}

/* libzmq decodes any length and any character; what it cannot is only told by some of them. */
bool key_is_valid(const char *text)
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   ".-:+=^!/*?&<>()[]{}@%$#";
    uint8_t bytes[KEY_BYTES];
    bool valid = strlen(text) == KEY_TEXT_SIZE - 1 && strspn(text, alphabet) == KEY_TEXT_SIZE - 1 &&
                 zmq_z85_decode(bytes, text);
    explicit_bzero(bytes, sizeof(bytes));
    return valid;
}

static int check_secret(const struct raw_key *raw, const char *name, struct error *err)
{
    char public_key[KEY_TEXT_SIZE];
    if (!raw->secret_key)
        return error_set(err, -EINVAL,
                         "%s: secret_key is missing; the file of a key pair has both halves", name);
    if (!key_is_valid(raw->secret_key))
        return error_set(err, -EINVAL, "%s: secret_key is not a key: 40 characters of Z85", name);
    if (zmq_curve_public(public_key, raw->secret_key) < 0)
        return no_curve(err);
    if (strcmp(public_key, raw->public_key) != 0)
        return error_set(err, -EINVAL,
                         "%s: public_key does not belong to secret_key; make a new pair with "
                         "floorfuse keys rotate",
                         name);
    return 0;
}

static int check_raw(const struct raw_key *raw, const char *name, enum key_half half,
                     struct error *err)
{
    if (!key_is_valid(raw->public_key))
        return error_set(err, -EINVAL, "%s: public_key is not a key: 40 characters of Z85", name);
    if (half == KEY_SECRET)
        return check_secret(raw, name, err);
    if (raw->secret_key)
        return error_set(err, -EINVAL,
                         "%s: there is a secret_key in a file that is for everybody; take it out "
                         "and make a new pair with floorfuse keys rotate",
                         name);
    return 0;
}

int key_file_parse(const char *text, const char *name, enum key_half half, struct key_file *ret_key,
                   struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    struct raw_key raw = { NULL };
    int r = options_parse(text, name, key_options, ARRAY_LENGTH(key_options), &raw, &problems);
    if (r < 0)
        (void) error_set(err, r, "%s", problems.count ? problems.sentences[0] : "out of memory");
    else
        r = check_raw(&raw, name, half, err);
    if (r == 0) {
        *ret_key = (struct key_file){ .id = "" };
        (void) snprintf(ret_key->id, sizeof(ret_key->id), "%s", raw.id);
        memcpy(ret_key->public_key, raw.public_key, KEY_TEXT_SIZE);
        if (half == KEY_SECRET)
            memcpy(ret_key->secret_key, raw.secret_key, KEY_TEXT_SIZE);
    }
    if (raw.secret_key)
        explicit_bzero(raw.secret_key, strlen(raw.secret_key));
    options_release(key_options, ARRAY_LENGTH(key_options), &raw);
    return r;
}

/* A file that others can write is theirs, whoever made it. */
static int check_rights(const char *path, enum key_half half, const struct stat *status,
                        struct error *err)
{
    unsigned forbidden = half == KEY_SECRET ? 077 : 022;
    if (!S_ISREG(status->st_mode))
        return error_set(err, -EINVAL, "%s is not a regular file", path);
    if (status->st_uid != geteuid() && status->st_uid != 0)
        return error_set(err, -EACCES,
                         "%s belongs to user %u, who could change it; give it to the user that "
                         "runs floorfuse: chown %u %s",
                         path, (unsigned) status->st_uid, (unsigned) geteuid(), path);
    if (status->st_mode & forbidden)
        return error_set(err, -EACCES, "%s can be %s by others (mode %04o): chmod %s %s", path,
                         half == KEY_SECRET ? "read" : "changed",
                         (unsigned) (status->st_mode & 07777), half == KEY_SECRET ? "600" : "go-w",
                         path);
    return 0;
}

/* All of an open file, or -errno. */
static int read_text(int fd, size_t size, char **ret_text)
{
    char *text = malloc(size + 1);
    size_t length = 0;
    if (!text)
        return -ENOMEM;
    for (ssize_t n = 1; n > 0 && length<size; length += n> 0 ? (size_t) n : 0) {
        n = read(fd, text + length, size - length);
        if (n < 0) {
            int r = -errno;
            free(text);
            return r;
        }
    }
    text[length] = '\0';
    *ret_text = text;
    return 0;
}

int key_file_read(const char *path, enum key_half half, char **ret_text, struct error *err)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0) {
        int r = error_set(err, -errno, "could not open %s: %s", path, strerror(errno));
        if (fd >= 0)
            (void) close(fd);
        return r;
    }
    int r = check_rights(path, half, &status, err);
    if (r == 0 && (size_t) status.st_size > KEY_FILE_LIMIT * (half == KEY_PUBLIC ? 64 : 1))
        r = error_set(err, -EFBIG, "%s is too large for what it should be", path);
    else if (r == 0) {
        r = read_text(fd, (size_t) status.st_size, ret_text);
        if (r < 0)
            (void) error_set(err, r, "could not read %s: %s", path, strerror(-r));
    }
    (void) close(fd);
    return r;
}

int key_file_load(const char *path, enum key_half half, struct key_file *ret_key, struct error *err)
{
    char *text;
    int r = key_file_read(path, half, &text, err);
    if (r < 0)
        return r;
    r = key_file_parse(text, path, half, ret_key, err);
    explicit_bzero(text, strlen(text));
    free(text);
    return r;
}

int key_file_write(const char *path, enum key_half half, const char *store,
                   const struct key_file *key, struct error *err)
{
    char text[1024], now[WALL_TEXT_SIZE];
    bool secret = half == KEY_SECRET;
    int length = snprintf(
        text, sizeof(text),
        "# %s key of %s in store %s, made %s by floorfuse keys.\n# %s\nid = \"%s\";\n"
        "public_key = \"%s\";\n%s%s%s",
        secret ? "SECRET" : "Public", key->id, store,
        clock_wall_format(clock_wall_us() / US_PER_S * US_PER_S, now),
        secret ? "Whoever has this file can speak as its owner: mode 0600, one machine, no mail, "
                 "no repository."
               : "Everybody may read it; whoever changes it can stand between cameras and fusion.",
        key->id, key->public_key, secret ? "secret_key = \"" : "", secret ? key->secret_key : "",
        secret ? "\";\n" : "");
    int r = file_write(path, text, (size_t) length, secret ? 0600 : 0644, err);
    explicit_bzero(text, sizeof(text));
    return r;
}

char *key_file_path(const char *folder, const char *id)
{
    bool camera = strcmp(id, KEY_ID_FUSION) != 0 && strcmp(id, KEY_ID_OPERATOR) != 0;
    char *path;
    return asprintf(&path, "%s/%s%s.key", folder, camera ? "camera-" : "", id) < 0 ? NULL : path;
}

/* The change time, as a copied file may bring its old modification time along. */
struct file_stamp file_stamp_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return (struct file_stamp){ 0 };
    return (struct file_stamp){
        .device = status.st_dev,
        .inode = status.st_ino,
        .size = status.st_size,
        .changed_ns = status.st_ctim.tv_sec * NS_PER_S + status.st_ctim.tv_nsec,
    };
}

bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed_ns == b->changed_ns;
}
