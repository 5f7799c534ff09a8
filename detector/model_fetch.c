/* model_fetch.c - see model_fetch.h */
#include "detector/model_fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define FILES_MAX     3
#define CONNECT_MAX_S 10L
#define SILENCE_MAX_S 30L
#define BYTES_MAX     ((size_t) 2 << 30)

/* One file that the model consists of. */
struct part {
    const char *name, *sha256;
};

struct fetching {
    const struct model_entry *entry;
    const struct model_fetch_options *options;
    char *folder; /* of this model */
    struct error *err;
};

static size_t parts_of(const struct model_entry *e, struct part ret_parts[static FILES_MAX])
{
    if (e->onnx) {
        ret_parts[0] = (struct part){ e->onnx, e->onnx_sha256 };
        return 1;
    }
    ret_parts[0] = (struct part){ e->cfg, e->cfg_sha256 };
    ret_parts[1] = (struct part){ e->weights, e->weights_sha256 };
    return 2;
}

static PRINTF_FORMAT(2, 3) void say(const struct fetching *f, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    if (!f->options->say)
        return;
    va_start(arguments, format);
    (void) vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    f->options->say(sentence, f->options->context);
}

static bool is_right(const char *path, const char *sha256)
{
    char is[SHA256_TEXT_SIZE];
    struct error unsaid = { "" };
    return file_exists(path) && file_sha256(path, is, &unsaid) == 0 && strcasecmp(is, sha256) == 0;
}

/* Keep bytes under a name, if they are what they should be. */
static int keep(const struct fetching *f, const struct part *part, const char *path,
                const char *from, const struct text *bytes)
{
    char is[SHA256_TEXT_SIZE];
    file_sha256_bytes(bytes->bytes, bytes->length, is);
    if (strcasecmp(is, part->sha256) != 0)
        return error_set(f->err, -EINVAL,
                         "%s has SHA-256 %s, not the %s of the catalogue; it was not taken", from,
                         is, part->sha256);
    return file_write(path, bytes->bytes, bytes->length, 0644, f->err);
}

/* ---- from a folder ---- */

static int copy(const struct fetching *f, const struct part *part, const char *path)
{
    for (const char *const *in = f->options->look_in; in && *in; in++) {
        char *from = NULL;
        if (asprintf(&from, "%s/%s/%s", *in, f->entry->name, part->name) < 0)
            return -ENOMEM;
        int r = -ENOENT;
        if (is_right(from, part->sha256)) {
            char *bytes;
            size_t length;
            say(f, "copying %s", from);
            r = file_read(from, BYTES_MAX, &bytes, &length, f->err);
            if (r == 0) {
                r = file_write(path, bytes, length, 0644, f->err);
                free(bytes);
            }
        }
        free(from);
        if (r != -ENOENT)
            return r;
    }
    return -ENOENT;
}

/* ---- from an address ---- */

static size_t take_bytes(char *bytes, size_t size, size_t count, void *to)
{
    struct text *text = to;
    if (text->length + size * count > BYTES_MAX)
        return 0; /* libcurl takes this for a failure */
    text_append_bytes(text, bytes, size * count);
    return text->failed ? 0 : size * count;
}

/* Returns 0, or -EHOSTUNREACH with libcurl's words. */
static int transfer(const char *url, struct text *ret_bytes, struct error *err)
{
    CURL *curl = curl_easy_init();
    char words[CURL_ERROR_SIZE] = "";
    if (!curl)
        return -ENOMEM;
    (void) curl_easy_setopt(curl, CURLOPT_URL, url);
    (void) curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http,file");
    (void) curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https,http");
    (void) curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    (void) curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
    (void) curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    (void) curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void) curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_MAX_S);
    (void) curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENCE_MAX_S);
    (void) curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void) curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
    (void) curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    (void) curl_easy_setopt(curl, CURLOPT_WRITEDATA, ret_bytes);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK)
        return 0;
    return error_set(err, -EHOSTUNREACH, "could not get %s: %s", url,
                     words[0] ? words : curl_easy_strerror(code));
}

static int download(const struct fetching *f, const struct part *part, const char *path)
{
    const char *const addresses[] = { f->entry->address, f->entry->mirror };
    int r = -EHOSTUNREACH;
    for (size_t i = 0; r < 0 && i < ARRAY_LENGTH(addresses) && addresses[i]; i++) {
        AUTO(text_release) struct text url = TEXT_INIT, bytes = TEXT_INIT;
        text_format(&url, "%s%s", addresses[i], part->name);
        if (url.failed)
            return -ENOMEM;
        say(f, "downloading %s", url.bytes);
        r = transfer(url.bytes, &bytes, f->err);
        if (r == 0)
            r = keep(f, part, path, url.bytes, &bytes);
        if (r < 0 && f->err)
            say(f, "%s", f->err->text);
    }
    return r;
}

/* ---- the whole ---- */

static int get(const struct fetching *f, const struct part *part)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", f->folder, part->name) < 0)
        return -ENOMEM;
    int r = is_right(path, part->sha256) ? 0 : copy(f, part, path);
    if (r == -ENOENT)
        r = download(f, part, path);
    if (r == -EHOSTUNREACH)
        r = error_set(
            f->err, r,
            "%s of model %s can be had neither from $FLOORFUSE_MODELS nor from the network; "
            "get it by other means, put it into %s and try again",
            part->name, f->entry->name, f->folder);
    free(path);
    return r;
}

/* Called like the model, so that it is found there. */
static int write_names(const struct fetching *f)
{
    const char *model = f->entry->onnx ? f->entry->onnx : f->entry->cfg, *dot = strrchr(model, '.');
    char *path = NULL, *names = strdup(f->entry->classes);
    int stem = dot ? (int) (dot - model) : (int) strlen(model);
    if (!names || asprintf(&path, "%s/%.*s.names", f->folder, stem, model) < 0) {
        free(names);
        return -ENOMEM;
    }
    for (char *c = names; *c; c++)
        *c = *c == '|' ? '\n' : *c;
    AUTO(text_release) struct text text = TEXT_INIT;
    text_format(&text, "%s\n", names);
    int r = text.failed ? -ENOMEM : file_write(path, text.bytes, text.length, 0644, f->err);
    free(names);
    free(path);
    return r;
}

int model_fetch(const struct model_entry *entry, const struct model_fetch_options *options,
                char **ret_model, struct error *err)
{
    struct fetching f = { .entry = entry, .options = options, .err = err };
    struct part parts[FILES_MAX];
    size_t count = parts_of(entry, parts);
    if (asprintf(&f.folder, "%s/%s", options->folder, entry->name) < 0)
        return -ENOMEM;
    int r = file_make_folder(f.folder, 0755, err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = get(&f, &parts[i]);
    if (r == 0)
        r = write_names(&f);
    if (r == 0 && asprintf(ret_model, "%s/%s", f.folder, parts[0].name) < 0)
        r = -ENOMEM;
    free(f.folder);
    return r;
}

bool model_is_there(const struct model_entry *entry, const char *folder)
{
    struct part parts[FILES_MAX];
    size_t count = parts_of(entry, parts);
    bool there = true;
    for (size_t i = 0; there && i < count; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s/%s", folder, entry->name, parts[i].name) < 0)
            return false;
        there = is_right(path, parts[i].sha256);
        free(path);
    }
    return there;
}

char *model_default_folder(void)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *folder = NULL;
    int r = cache && cache[0] ? asprintf(&folder, "%s/floorfuse/models", cache)
            : home && home[0] ? asprintf(&folder, "%s/.cache/floorfuse/models", home)
                              : -1;
    return r < 0 ? NULL : folder;
}
