/*
 * record.c - what is on its way to the database, as bytes
 */
#include "storage/record.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "heat/bucket_bytes.h"
#include "storage/calibration_write.h"
#include "storage/loss_write.h"

/* A camera file has some kilobytes. */
#define TEXT_BYTES_MAX ((size_t) 16 * 1024 * 1024)

#define CALIBRATION_VERSION 1
#define LOSSES_VERSION      1

/* A loss is four texts with their lengths and a number. */
#define LOSS_BYTES_MIN ((size_t) 4 * (1 + 8) + 8)

/* Until the year 10000, which the database can take as well. */
#define TIME_US_MAX (INT64_C(253402300800) * US_PER_S)

void record_release(struct record *record)
{
    free(record->bytes);
    *record = (struct record){ 0 };
}

/* The buffer's bytes become the record's. */
static int make_record(struct buffer *buffer, enum record_kind kind, int64_t time_us,
                       struct record *ret_record)
{
    int r = buffer_result(buffer);
    if (r < 0) {
        buffer_release(buffer);
        return r;
    }
    *ret_record = (struct record){
        .kind = kind, .time_us = time_us, .bytes = buffer->bytes, .length = buffer->length
    };
    return 0;
}

/* ---- buckets ---- */

int record_of_bucket(const struct heat_bucket *bucket, const struct storage_definition *definition,
                     struct record *ret_record)
{
    struct buffer buffer = BUFFER_INIT;
    buffer_put_u32(&buffer, (uint32_t) definition->bucket_s);
    buffer_put_u32(&buffer, (uint32_t) definition->visit_s);
    buffer_put_double(&buffer, definition->cell_m);
    buffer_put_double(&buffer, definition->zone_hysteresis_m);
    int r = heat_bucket_pack(bucket, &buffer);
    if (r < 0) {
        buffer_release(&buffer);
        return r;
    }
    return make_record(&buffer, RECORD_BUCKET, bucket->start_us, ret_record);
}

static int get_whole(struct buffer_reader *reader)
{
    uint32_t value = buffer_get_u32(reader);
    if (value > INT_MAX)
        buffer_reader_fail(reader);
    return (int) (value & INT_MAX);
}

static double get_finite(struct buffer_reader *reader)
{
    double value = buffer_get_double(reader);
    if (!isfinite(value))
        buffer_reader_fail(reader);
    return value;
}

static int read_bucket(const struct record *record, struct record_content *ret_content,
                       struct error *err)
{
    struct record_content content = { 0 };
    struct buffer_reader reader = buffer_reader_of(record->bytes, record->length);
    content.definition.bucket_s = get_whole(&reader);
    content.definition.visit_s = get_whole(&reader);
    content.definition.cell_m = get_finite(&reader);
    content.definition.zone_hysteresis_m = get_finite(&reader);
    int r = buffer_reader_result(&reader);
    if (r < 0)
        return error_set(err, r, "how a heat bucket was counted is damaged");
    r = heat_bucket_unpack(&reader.bytes[reader.at], reader.length - reader.at, &content.bucket,
                           err);
    if (r == 0)
        *ret_content = content;
    return r;
}

/* ---- calibrations ---- */

static void put_text(struct buffer *buffer, const char *text)
{
    buffer_put_u8(buffer, text != NULL);
    if (!text)
        return;
    buffer_put_u64(buffer, strlen(text));
    buffer_put_bytes(buffer, text, strlen(text));
}

/* What cannot be has the reader fail. */
static char *get_text(struct buffer_reader *reader)
{
    uint8_t is_there = buffer_get_u8(reader);
    if (is_there > 1)
        buffer_reader_fail(reader);
    size_t length = is_there ? buffer_get_count(reader, 1, TEXT_BYTES_MAX) : 0;
    char *text = is_there && !reader->failed ? calloc(length + 1, 1) : NULL;
    if (is_there && !text)
        buffer_reader_fail(reader);
    if (text)
        buffer_get_bytes(reader, text, length);
    if (text && utf8_valid_bytes(text) != length)
        buffer_reader_fail(reader);
    return text;
}

int record_of_calibration(const struct storage_calibration *c, struct record *ret_record)
{
    struct buffer buffer = BUFFER_INIT;
    buffer_put_u32(&buffer, CALIBRATION_VERSION);
    put_text(&buffer, c->camera);
    put_text(&buffer, c->version);
    put_text(&buffer, c->text);
    put_text(&buffer, c->author);
    put_text(&buffer, c->note);
    buffer_put_i64(&buffer, c->valid_from_us);
    return make_record(&buffer, RECORD_CALIBRATION, RECORD_NO_TIME, ret_record);
}

static int read_calibration(const struct record *record, struct record_content *ret_content,
                            struct error *err)
{
    struct buffer_reader reader = buffer_reader_of(record->bytes, record->length);
    uint32_t version = buffer_get_u32(&reader);
    if (!reader.failed && version != CALIBRATION_VERSION)
        return error_set(err, -EPROTO,
                         "a calibration is kept in version %u, and this program knows %d", version,
                         CALIBRATION_VERSION);
    struct storage_calibration *c = calloc(1, sizeof(*c));
    if (!c)
        return error_set(err, -ENOMEM, "out of memory reading a calibration");
    c->camera = get_text(&reader);
    c->version = get_text(&reader);
    c->text = get_text(&reader);
    c->author = get_text(&reader);
    c->note = get_text(&reader);
    c->valid_from_us = buffer_get_i64(&reader);
    if (!c->camera || !c->version || !c->text || reader.at != reader.length)
        buffer_reader_fail(&reader);
    int r = buffer_reader_result(&reader);
    if (r < 0) {
        storage_calibration_destroy(&c);
        return error_set(err, r, "a calibration of %zu bytes is damaged", record->length);
    }
    *ret_content = (struct record_content){ .calibration = c };
    return 0;
}

/* ---- losses ---- */

int record_of_losses(const struct storage_losses *losses, struct record *ret_record)
{
    struct buffer buffer = BUFFER_INIT;
    buffer_put_u32(&buffer, LOSSES_VERSION);
    buffer_put_i64(&buffer, losses->since_us);
    buffer_put_i64(&buffer, losses->told_us);
    buffer_put_u64(&buffer, losses->count);
    for (size_t i = 0; i < losses->count; i++) {
        put_text(&buffer, losses->list[i].camera);
        put_text(&buffer, losses->list[i].source);
        put_text(&buffer, losses->list[i].reason);
        put_text(&buffer, losses->list[i].unit);
        buffer_put_u64(&buffer, losses->list[i].count);
    }
    return make_record(&buffer, RECORD_LOSSES, RECORD_NO_TIME, ret_record);
}

static int64_t get_time_us(struct buffer_reader *reader)
{
    int64_t time_us = buffer_get_i64(reader);
    if (time_us < 0 || time_us >= TIME_US_MAX)
        buffer_reader_fail(reader);
    return time_us;
}

static void get_loss(struct buffer_reader *reader, struct storage_loss *loss)
{
    loss->camera = get_text(reader);
    loss->source = get_text(reader);
    loss->reason = get_text(reader);
    loss->unit = get_text(reader);
    loss->count = buffer_get_u64(reader);
    if (!loss->camera || !loss->source || !loss->reason || !loss->unit || loss->count > INT64_MAX)
        buffer_reader_fail(reader);
}

static int read_losses(const struct record *record, struct record_content *ret_content,
                       struct error *err)
{
    struct buffer_reader reader = buffer_reader_of(record->bytes, record->length);
    uint32_t version = buffer_get_u32(&reader);
    if (!reader.failed && version != LOSSES_VERSION)
        return error_set(err, -EPROTO, "losses are kept in version %u, and this program knows %d",
                         version, LOSSES_VERSION);
    int64_t since_us = get_time_us(&reader), told_us = get_time_us(&reader);
    size_t count = buffer_get_count(&reader, LOSS_BYTES_MIN, STORAGE_LOSSES_MAX);
    struct storage_losses *losses = calloc(1, sizeof(*losses));
    struct storage_loss *list = calloc(count + 1, sizeof(*list));
    if (!losses || !list) {
        free(losses);
        free(list);
        return error_set(err, -ENOMEM, "out of memory reading losses");
    }
    *losses = (struct storage_losses){ since_us, told_us, list, count };
    for (size_t i = 0; i < count && !reader.failed; i++)
        get_loss(&reader, &list[i]);
    if (reader.at != reader.length)
        buffer_reader_fail(&reader);
    int r = buffer_reader_result(&reader);
    if (r < 0) {
        storage_losses_destroy(&losses);
        return error_set(err, r, "a list of losses of %zu bytes is damaged", record->length);
    }
    *ret_content = (struct record_content){ .losses = losses };
    return 0;
}

/* ---- any ---- */

int record_read(const struct record *record, struct record_content *ret_content, struct error *err)
{
    switch (record->kind) {
    case RECORD_BUCKET:
        return read_bucket(record, ret_content, err);
    case RECORD_CALIBRATION:
        return read_calibration(record, ret_content, err);
    case RECORD_LOSSES:
        return read_losses(record, ret_content, err);
    }
    return error_set(err, -EPROTO, "a record of kind %u is not known to this program",
                     record->kind);
}

void record_content_release(struct record_content *content)
{
    heat_bucket_destroy(&content->bucket);
    storage_calibration_destroy(&content->calibration);
    storage_losses_destroy(&content->losses);
}
