/*
 * loopback.c - places to listen that only programs of this machine reach
 */
#include "base/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse_port(const char *text, uint16_t *ret_port)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || port > UINT16_MAX)
        return -EINVAL;
    *ret_port = (uint16_t) port;
    return 0;
}

static void set_ipv4(struct loopback *loopback, struct in_addr address)
{
    struct sockaddr_in *in = (struct sockaddr_in *) &loopback->address;
    in->sin_family = AF_INET;
    in->sin_port = htons(loopback->port);
    in->sin_addr = address;
    loopback->bytes = sizeof(*in);
}

static void set_ipv6(struct loopback *loopback, struct in6_addr address)
{
    struct sockaddr_in6 *in = (struct sockaddr_in6 *) &loopback->address;
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(loopback->port);
    in->sin6_addr = address;
    loopback->bytes = sizeof(*in);
}

/* 1 when it is one of ours, 0 when it is another's, -EINVAL when it is no address. */
static int set_host(struct loopback *loopback, const char *host)
{
    struct in_addr ipv4 = { .s_addr = htonl(INADDR_LOOPBACK) };
    struct in6_addr ipv6;
    char bare[64] = "";
    size_t length = strlen(host);
    if (strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &ipv4) == 1) {
        set_ipv4(loopback, ipv4);
        return ntohl(ipv4.s_addr) >> 24 == 127;
    }
    if (length < 2 || host[0] != '[' || host[length - 1] != ']')
        return -EINVAL;
    memcpy(bare, host + 1, length - 2);
    if (inet_pton(AF_INET6, bare, &ipv6) != 1)
        return -EINVAL;
    set_ipv6(loopback, ipv6);
    return IN6_IS_ADDR_LOOPBACK(&ipv6);
}

int loopback_parse(const char *text, struct loopback *ret_loopback, struct error *err)
{
    struct loopback loopback = { 0 };
    char host[64];
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t) (colon - text) : 0;
    if (!colon || length >= sizeof(host) || parse_port(colon + 1, &loopback.port) < 0)
        return error_set(err, -EINVAL, "must be an address and a port, such as 127.0.0.1:9464");
    memcpy(host, text, length);
    host[length] = '\0';
    int r = set_host(&loopback, host);
    if (r < 0)
        return error_set(err, -EINVAL, "must begin with a loopback address: 127.0.0.1 or [::1]");
    if (r == 0)
        return error_set(err, -EPERM,
                         "must not be reached by other machines; write 127.0.0.1:%u and put a "
                         "reverse proxy before it that asks who they are",
                         loopback.port);
    *ret_loopback = loopback;
    return 0;
}
