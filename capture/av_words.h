/*
 * av_words.h - what libav says, in our words and codes; and libav kept quiet
 */
#ifndef FLOORFUSE_CAPTURE_AV_WORDS_H
#define FLOORFUSE_CAPTURE_AV_WORDS_H

#include "base/macros.h"

#define AV_WORDS_SIZE 160

/* Start libav once in a process: its devices, its network, no lines on stderr of its own. */
void av_words_prepare(void);

/* A negative errno for a libav error: its own where it is one, -EBADMSG for damaged data, -EIO. */
int av_words_errno(int av_code);

/* The reason as part of a sentence. Returns buffer. */
const char *av_words_reason(int av_code, char buffer[static AV_WORDS_SIZE]);

#define URL_WORDS_SIZE 512

/* A URL as it may be shown: without user name and password, cut to size. Returns buffer. */
const char *av_words_url(const char *url, char buffer[static URL_WORDS_SIZE]);

#endif
