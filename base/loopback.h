/*
 * loopback.h - places to listen that only programs of this machine reach
 */
#ifndef FLOORFUSE_BASE_LOOPBACK_H
#define FLOORFUSE_BASE_LOOPBACK_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

struct loopback {
    struct sockaddr_storage address; /* IPv4 or IPv6 */
    socklen_t bytes;                 /* of it that count */
    uint16_t port;                   /* 0: one that is free */
};

/*
 * Read "127.0.0.1:9464", "[::1]:9464" or "localhost:9464".
 * Returns 0; -EPERM for an address that other machines could reach; -EINVAL; each with a sentence
 * that goes on after a name: "must be ...".
 */
MUST_CHECK int loopback_parse(const char *text, struct loopback *ret_loopback, struct error *err);

#endif
