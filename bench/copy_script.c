/*
 * copy_script.c - rows of several tables at once, as COPY commands for psql
 */
#include "bench/copy_script.h"

#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#define DAY_S 86400

/* Where the next field goes. */
static FILE *field(struct copy_table *table)
{
    if (!table->rows) {
        table->rows = open_memstream(&table->bytes, &table->length);
        if (!table->rows)
            err(1, "could not gather rows");
    }
    if (table->in_row)
        (void) putc_unlocked('\t', table->rows);
    table->in_row = true;
    return table->rows;
}

void copy_int_fields(struct copy_table *table, const int64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void) fprintf(field(table), "%lld", (long long) numbers[i]);
}

void copy_array(struct copy_table *table, const int64_t *numbers, size_t count)
{
    FILE *out = field(table);
    (void) putc_unlocked('{', out);
    for (size_t i = 0; i < count; i++)
        (void) fprintf(out, "%s%lld", i ? "," : "", (long long) numbers[i]);
    (void) putc_unlocked('}', out);
}

void copy_real(struct copy_table *table, double number)
{
    (void) fprintf(field(table), "%.17g", number);
}

void copy_text(struct copy_table *table, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void) vfprintf(field(table), format, arguments);
    va_end(arguments);
}

/* COPY takes the backslash of bytea's \x only doubled. */
void copy_bytes(struct copy_table *table, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    FILE *out = field(table);
    (void) fputs("\\\\x", out);
    for (size_t i = 0; i < length; i++) {
        (void) putc_unlocked(digits[bytes[i] >> 4], out);
        (void) putc_unlocked(digits[bytes[i] & 15], out);
    }
}

static struct tm utc(int64_t second)
{
    struct tm tm;
    time_t t = (time_t) second;
    (void) gmtime_r(&t, &tm);
    return tm;
}

void copy_time(struct copy_table *table, int64_t second)
{
    struct tm tm = utc(second);
    (void) fprintf(field(table), "%04d-%02d-%02d %02d:%02d:%02d+00", tm.tm_year + 1900,
                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void copy_date(struct copy_table *table, int day)
{
    struct tm tm = utc((int64_t) day * DAY_S);
    (void) fprintf(field(table), "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

void copy_end(struct copy_table *table)
{
    (void) putc_unlocked('\n', table->rows);
    table->in_row = false;
}

char *copy_take(struct copy_table *table)
{
    if (fclose(table->rows) != 0)
        err(1, "could not gather rows");
    table->rows = NULL;
    table->in_row = false;
    return table->bytes;
}

void copy_flush(struct copy_table *tables, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!tables[i].rows)
            continue;
        char *rows = copy_take(&tables[i]);
        printf("COPY %s FROM stdin;\n", tables[i].columns);
        (void) fwrite(rows, 1, tables[i].length, stdout);
        printf("\\.\n");
        free(rows);
    }
}
