/*
 * testing.h - what every unit test includes: cmocka with the headers it needs
 */
#ifndef FLOORFUSE_TESTS_UNIT_TESTING_H
#define FLOORFUSE_TESTS_UNIT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
