/*
 * av_words.c - what libav says, in our words and codes; and libav kept quiet
 */
#include "capture/av_words.h"

#include <errno.h>
#include <libavformat/avformat.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* libav's log goes to stderr line by line, for every damaged macroblock, past our own logging. */
static void prepare(void)
{
    av_log_set_level(AV_LOG_QUIET);
    (void) avformat_network_init();
}

void av_words_prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* the level and the device list are libav's */
    (void) pthread_once(&once, prepare);
}

/* libav's own errors are four letters packed into a large negative number. */
static int is_errno(int av_code)
{
    return av_code < 0 && av_code > -4096;
}

int av_words_errno(int av_code)
{
    if (is_errno(av_code))
        return AVUNERROR(av_code) > 0 ? -AVUNERROR(av_code) : -EIO;
    if (av_code == AVERROR_EXIT)
        return -ECANCELED;
    return av_code == AVERROR_INVALIDDATA ? -EBADMSG : -EIO;
}

const char *av_words_reason(int av_code, char buffer[static AV_WORDS_SIZE])
{
    static const struct {
        int av_code;
        const char *words;
    } reasons[] = {
        { AVERROR_INVALIDDATA, "it is damaged or not a video format we know" },
        { AVERROR_HTTP_UNAUTHORIZED, "user name or password refused" },
        { AVERROR_HTTP_FORBIDDEN, "access forbidden" },
        { AVERROR_HTTP_NOT_FOUND, "the server has no such stream; check the path in the URL" },
        { AVERROR_PROTOCOL_NOT_FOUND, "unknown kind of URL" },
        { AVERROR_DEMUXER_NOT_FOUND, "this kind of source is not built into libavformat" },
        { AVERROR_DECODER_NOT_FOUND, "no decoder for its video format" },
        { AVERROR_EOF, "it ended before there was a picture" },
        { AVERROR_EXIT, "no answer in time" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++) {
        if (reasons[i].av_code == av_code)
            return strcpy(buffer, reasons[i].words);
    }
    if (av_strerror(av_code, buffer, AV_WORDS_SIZE) < 0)
        (void) snprintf(buffer, AV_WORDS_SIZE, "libav error %d", av_code);
    return buffer;
}

const char *av_words_url(const char *url, char buffer[static URL_WORDS_SIZE])
{
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end ? scheme_end + 3 : url;
    if (scheme_end) {
        /* The last @ before the path: a password may hold an @ that nobody escaped. */
        for (const char *c = host; *c && *c != '/'; c++) {
            if (*c == '@')
                host = c + 1;
        }
    }
    int scheme_length = scheme_end ? (int) (scheme_end + 3 - url) : 0;
    (void) snprintf(buffer, URL_WORDS_SIZE, "%.*s%s", scheme_length, url, host);
    return buffer;
}
