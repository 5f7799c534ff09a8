#!/usr/bin/env python3
"""Write small ONNX networks with the output shapes of YOLOv5, v8 and v10 into a folder.

They see red: each cell of 8, 16 or 32 px answers with a box that is always the same, and a score of 0.9
times the mean of red in the cell. tests/unit/test_onnx.c has what comes out, worked out by hand.
"""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 64
BOX = [20, 30, 10, 20]  # centre x, centre y, width, height


class Graph:
    def __init__(self):
        self.nodes, self.weights = [], []

    def constant(self, name, values, kind=numpy.float32):
        self.weights.append(numpy_helper.from_array(numpy.array(values, dtype=kind), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def see_red(self, name, stride, biases, score_rows):
        """A convolution of cells: biases, and 0.9 times the mean of red in the rows of scores."""
        weights = numpy.zeros((len(biases), 3, stride, stride), numpy.float32)
        for row in score_rows:
            weights[row, 0] = 0.9 / stride**2
        return self.node(
            "Conv",
            ["images", self.constant(name + "_w", weights), self.constant(name + "_b", biases)],
            name,
            kernel_shape=[stride, stride],
            strides=[stride, stride],
        )

    def reshape(self, name, value, shape):
        return self.node("Reshape", [value, self.constant(name + "_s", shape, numpy.int64)], name)


def yolov5(graph):
    parts = []
    for stride in (8, 16, 32):
        cells = (SIZE // stride) ** 2
        row = BOX + [1, 0, 0]  # objectness 1; two classes, of which the second sees red
        name = f"s{stride}"
        raw = graph.see_red(name, stride, row * 3, [6, 13, 20])
        flat = graph.reshape(name + "_r", raw, [1, 3, 7, cells])
        turned = graph.node("Transpose", [flat], name + "_t", perm=[0, 1, 3, 2])
        parts.append(graph.reshape(name + "_o", turned, [1, 3 * cells, 7]))
    return graph.node("Concat", parts, "output", axis=1), [1, 252, 7]


def yolov8(graph):
    parts = []
    for stride in (8, 16, 32):
        cells = (SIZE // stride) ** 2
        name = f"s{stride}"
        raw = graph.see_red(name, stride, BOX + [0, 0], [5])
        parts.append(graph.reshape(name + "_o", raw, [1, 6, cells]))
    return graph.node("Concat", parts, "output", axis=2), [1, 6, 84]


def yolov10(graph):
    raw = graph.see_red("s32", 32, [15, 20, 25, 40, 0, 1], [4])  # corners, score, class 1
    flat = graph.reshape("flat", raw, [1, 6, 4])
    return graph.node("Transpose", [flat], "output", perm=[0, 2, 1]), [1, 4, 6]


def write(folder, name, build, edges, metadata):
    graph = Graph()
    output, shape = build(graph)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            name,
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, *edges])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 12)],
        ir_version=7,
    )
    if metadata:
        entry = model.metadata_props.add()
        entry.key, entry.value = "names", "{0: 'traffic light', 1: 'person'}"
    onnx.checker.check_model(model)
    onnx.save(model, f"{folder}/{name}.onnx")


def main():
    folder = sys.argv[1]
    for name, build in (("yolov5", yolov5), ("yolov8", yolov8), ("yolov10", yolov10)):
        write(folder, name, build, (SIZE, SIZE), True)
    write(folder, "any-size", yolov8, ("height", "width"), True)
    write(folder, "nameless", yolov8, (SIZE, SIZE), False)


main()
