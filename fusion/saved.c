/*
 * saved.c - the values that the parts of fusion save and restore alike
 */
#include "fusion/saved.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#define KALMAN_NUMBERS 14

/* Nothing waits for 73 years. */
#define AGE_NS_MAX (INT64_MAX / 4)

void saved_put_flag(struct buffer *buffer, bool value)
{
    buffer_put_u8(buffer, value);
}

void saved_put_float(struct buffer *buffer, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    buffer_put_u32(buffer, bits);
}

void saved_put_text(struct buffer *buffer, const char *text)
{
    buffer_put_u64(buffer, strlen(text));
    buffer_put_bytes(buffer, text, strlen(text));
}

void saved_put_point(struct buffer *buffer, struct floor_m point)
{
    buffer_put_double(buffer, point.x);
    buffer_put_double(buffer, point.y);
}

void saved_put_covariance(struct buffer *buffer, struct covariance2 covariance)
{
    buffer_put_double(buffer, covariance.xx);
    buffer_put_double(buffer, covariance.xy);
    buffer_put_double(buffer, covariance.yy);
}

void saved_put_kalman(struct buffer *buffer, const struct kalman *state)
{
    saved_put_point(buffer, state->position);
    buffer_put_double(buffer, state->velocity_x_m_s);
    buffer_put_double(buffer, state->velocity_y_m_s);
    saved_put_covariance(buffer, state->position_variance);
    for (int i = 0; i < 4; i++)
        buffer_put_double(buffer, state->cross[i / 2][i % 2]);
    saved_put_covariance(buffer, state->velocity_variance);
}

void saved_put_age_ns(struct buffer *buffer, int64_t mono_ns, int64_t now_mono_ns)
{
    int64_t age_ns;
    if (__builtin_sub_overflow(now_mono_ns, mono_ns, &age_ns))
        age_ns = now_mono_ns > mono_ns ? AGE_NS_MAX : -AGE_NS_MAX;
    age_ns = age_ns > AGE_NS_MAX ? AGE_NS_MAX : age_ns < -AGE_NS_MAX ? -AGE_NS_MAX : age_ns;
    buffer_put_i64(buffer, age_ns);
}

bool saved_get_flag(struct buffer_reader *reader)
{
    uint8_t value = buffer_get_u8(reader);
    if (value > 1)
        buffer_reader_fail(reader);
    return value == 1;
}

float saved_get_float(struct buffer_reader *reader)
{
    uint32_t bits = buffer_get_u32(reader);
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

void saved_get_text(struct buffer_reader *reader, char *ret_text, size_t size)
{
    size_t length = buffer_get_count(reader, 1, size - 1);
    buffer_get_bytes(reader, ret_text, length);
    ret_text[length] = '\0';
    if (strlen(ret_text) != length)
        buffer_reader_fail(reader);
}

double saved_get_finite(struct buffer_reader *reader)
{
    double value = buffer_get_double(reader);
    if (!isfinite(value))
        buffer_reader_fail(reader);
    return value;
}

struct floor_m saved_get_point(struct buffer_reader *reader)
{
    double x = saved_get_finite(reader), y = saved_get_finite(reader);
    return (struct floor_m){ x, y };
}

struct covariance2 saved_get_covariance(struct buffer_reader *reader)
{
    double xx = saved_get_finite(reader), xy = saved_get_finite(reader);
    return (struct covariance2){ xx, xy, saved_get_finite(reader) };
}

struct kalman saved_get_kalman(struct buffer_reader *reader)
{
    double n[KALMAN_NUMBERS];
    for (size_t i = 0; i < KALMAN_NUMBERS; i++)
        n[i] = saved_get_finite(reader);
    return (struct kalman){ .position = { n[0], n[1] },
                            .velocity_x_m_s = n[2],
                            .velocity_y_m_s = n[3],
                            .position_variance = { n[4], n[5], n[6] },
                            .cross = { { n[7], n[8] }, { n[9], n[10] } },
                            .velocity_variance = { n[11], n[12], n[13] } };
}

int64_t saved_get_time_or_never_us(struct buffer_reader *reader)
{
    int64_t value = buffer_get_i64(reader);
    if (value != SAVED_NEVER_US && (value > SAVED_TIME_US_MAX || value < -SAVED_TIME_US_MAX))
        buffer_reader_fail(reader);
    return value;
}

int64_t saved_get_time_us(struct buffer_reader *reader)
{
    return saved_get_time_until_us(reader, SAVED_TIME_US_MAX);
}

int64_t saved_get_time_until_us(struct buffer_reader *reader, int64_t latest_us)
{
    int64_t value = saved_get_time_or_never_us(reader);
    if (value == SAVED_NEVER_US || value > latest_us)
        buffer_reader_fail(reader);
    return reader->failed ? 0 : value;
}

int64_t saved_get_signed_sum(struct buffer_reader *reader)
{
    int64_t value = buffer_get_i64(reader);
    if (value > SAVED_SUM_MAX || value < -SAVED_SUM_MAX)
        buffer_reader_fail(reader);
    return value;
}

int64_t saved_get_sum(struct buffer_reader *reader)
{
    int64_t value = saved_get_signed_sum(reader);
    if (value < 0)
        buffer_reader_fail(reader);
    return value;
}

int saved_get_camera(struct buffer_reader *reader, int camera_count)
{
    uint32_t value = buffer_get_u32(reader);
    if (value >= (uint32_t) camera_count)
        buffer_reader_fail(reader);
    return (int) (value & INT_MAX);
}

int64_t saved_get_age_ns(struct buffer_reader *reader, int64_t now_mono_ns)
{
    int64_t age_ns = buffer_get_i64(reader), mono_ns = 0;
    if (age_ns > AGE_NS_MAX || age_ns < -AGE_NS_MAX ||
        __builtin_sub_overflow(now_mono_ns, age_ns, &mono_ns))
        buffer_reader_fail(reader);
    return mono_ns;
}
