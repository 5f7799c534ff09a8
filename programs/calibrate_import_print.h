/*
 * calibrate_import_print.h - what an imported camera is, in words
 */
#ifndef FLOORFUSE_PROGRAMS_CALIBRATE_IMPORT_PRINT_H
#define FLOORFUSE_PROGRAMS_CALIBRATE_IMPORT_PRINT_H

#include <stdio.h>

#include "calib/camera_file.h"
#include "calib/import.h"
#include "calib/import_tsai.h"

/*
 *   placed  as it goes into the camera file
 *   model   of that camera file
 *   fit     of Tsai's lens; NULL for another format
 */
void print_import(FILE *out, const struct import_camera *placed, const struct camera_model *model,
                  const struct tsai_lens_fit *fit);

#endif
