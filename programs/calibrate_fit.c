/*
 * calibrate_fit.c - floorfuse calibrate fit: a camera from pairs of points
 */
#include <stdio.h>

#include "programs/arguments.h"
#include "programs/calibrate.h"

int calibrate_fit(int argc, char **argv)
{
    (void) argc;
    (void) argv;
    fprintf(stderr, "floorfuse calibrate fit: not there yet\n");
    return EXIT_FAILED;
}
