/*
 * import_opencv.h - intrinsics and pose out of OpenCV's files
 *
 * Names differ from tool to tool; docs/calibration.md lists those that are understood. OpenCV's
 * pixel (0, 0) is the centre of the first pixel; import_place moves it.
 */
#ifndef FLOORFUSE_CALIB_IMPORT_OPENCV_H
#define FLOORFUSE_CALIB_IMPORT_OPENCV_H

#include "calib/import.h"

/*
 * Camera matrix, distortion (0, 4 or 5 coefficients; more when the rest are 0) and picture size.
 *   file        stands for the path in sentences
 *   number      1, 2, ...: of several cameras in one file, M1 and D1, M2 and D2; 0: there is one
 *   camera      size and intrinsics are set; has_lens tells whether the file has a distortion
 * Returns 0; -EINVAL with a sentence; -ENOMEM.
 */
MUST_CHECK int import_opencv_intrinsics(const char *bytes, size_t length, const char *file,
                                        int number, struct import_camera *camera,
                                        struct error *err);

/*
 * Rotation vector or matrix, and translation: camera from world. Sets rotation, translation and
 * has_pose, if the file has them.
 */
MUST_CHECK int import_opencv_pose(const char *bytes, size_t length, const char *file, int number,
                                  struct import_camera *camera, struct error *err);

#endif
