/*
 * onnx_file.h - what an ONNX file says about itself
 *
 * Only what is needed before an engine sees it: the shape of its input and, where the exporter
 * wrote them, its class names. ONNX is protobuf; the few fields are read here, with every length
 * checked. Source: onnx.proto3 of the ONNX project (ModelProto, GraphProto, ValueInfoProto).
 */
#ifndef FLOORFUSE_DETECTOR_ONNX_FILE_H
#define FLOORFUSE_DETECTOR_ONNX_FILE_H

#include <stddef.h>

#include "base/error.h"

struct onnx_file {
    int width, height; /* input px; 0: any */
    char *names;       /* one a line, in order, as Ultralytics writes them; NULL: it does not say */
};

/*
 *   file      for sentences
 *   ret_file  release it
 * Returns 0; -EINVAL with a sentence when it is not ONNX, is cut short, or has no picture of three
 * channels as its input; -ENOMEM.
 */
MUST_CHECK int onnx_file_parse(const void *bytes, size_t length, const char *file,
                               struct onnx_file *ret_file, struct error *err);
void onnx_file_release(struct onnx_file *file);

#endif
