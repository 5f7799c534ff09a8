/*
 * test_loopback.c - places to listen that only programs of this machine reach
 *
 * Which addresses are the machine's own: RFC 1122 3.2.1.3 (127.0.0.0/8), RFC 4291 2.5.3 (::1).
 */
#include "testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/loopback.h"

static void addresses_of_this_machine_are_taken(void **state)
{
    (void) state;
    struct loopback l;
    char text[INET6_ADDRSTRLEN];
    assert_int_equal(loopback_parse("127.0.0.1:9464", &l, NULL), 0);
    const struct sockaddr_in *in = (const struct sockaddr_in *) &l.address;
    assert_int_equal(l.port, 9464);
    assert_int_equal(ntohs(in->sin_port), 9464);
    assert_string_equal(inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)), "127.0.0.1");
    assert_int_equal(loopback_parse("localhost:1", &l, NULL), 0);
    assert_string_equal(inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)), "127.0.0.1");
    assert_int_equal(loopback_parse("127.9.9.9:65535", &l, NULL), 0);
    assert_int_equal(loopback_parse("[::1]:9464", &l, NULL), 0);
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) &l.address;
    assert_int_equal(in6->sin6_family, AF_INET6);
    assert_int_equal(ntohs(in6->sin6_port), 9464);
}

static void addresses_that_others_reach_are_refused_with_a_remedy(void **state)
{
    (void) state;
    static const char *const texts[] = { "0.0.0.0:9464", "192.168.1.5:9464", "[::]:9464",
                                         "[fe80::1]:9464", "128.0.0.1:9464" };
    struct loopback l;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct error err = { "" };
        assert_int_equal(loopback_parse(texts[i], &l, &err), -EPERM);
        assert_non_null(strstr(err.text, "127.0.0.1:9464"));
        assert_non_null(strstr(err.text, "reverse proxy"));
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void) state;
    static const char *const texts[] = { "",           "9464",           ":9464",
                                         "127.0.0.1",  "127.0.0.1:",     "127.0.0.1:65536",
                                         "::1:9464",   "127.0.0.1:-1",   "127.0.0.1:94 64",
                                         "[::1:9464",  "shop.example:1", "[]:1",
                                         "127.1:9464", "[127.0.0.1]:1" };
    struct loopback l;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_int_equal(loopback_parse(texts[i], &l, NULL), -EINVAL);
    char longest[4096];
    memset(longest, '1', sizeof(longest) - 1);
    memcpy(longest + sizeof(longest) - 6, ":9464", 6);
    assert_int_equal(loopback_parse(longest, &l, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_this_machine_are_taken),
        cmocka_unit_test(addresses_that_others_reach_are_refused_with_a_remedy),
        cmocka_unit_test(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
