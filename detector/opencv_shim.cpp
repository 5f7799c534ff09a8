/*
 * opencv_shim.cpp - see opencv_shim.h
 *
 * The only C++ of the project. OpenCV's own threads are off: cameras are processes, and a store
 * has more cameras than cores.
 */
#include "detector/opencv_shim.h"

#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>
#include <vector>

struct opencv_network {
    cv::dnn::Net net;
    int width, height;
    std::vector<cv::String> heads;
    std::vector<size_t> head_values;
    std::vector<cv::Mat> outputs;
};

struct opencv_hog {
    cv::HOGDescriptor descriptor;
    cv::Mat scaled;
    std::vector<opencv_hog_window> windows;
};

/* OpenCV prints every exception on stderr before it throws; the sentence travels anyway. */
static int stay_quiet(int, const char *, const char *, const char *, int, void *)
{
    return 0;
}

static void settle()
{
    cv::setNumThreads(1);
    cv::redirectError(stay_quiet);
}

static bool forward(opencv_network *network, const float *input)
{
    int sizes[4] = { 1, 3, network->height, network->width };
    cv::Mat blob(4, sizes, CV_32F, const_cast<float *>(input)); /* read only */
    network->net.setInput(blob);
    network->net.forward(network->outputs, network->heads);
    for (size_t i = 0; i < network->heads.size(); i++) {
        const cv::Mat &output = network->outputs[i];
        if (output.type() != CV_32F || !output.isContinuous() ||
            output.total() != network->head_values[i])
            return false;
    }
    return true;
}

/* Where OpenCV runs a network is chosen at build time (FLOORFUSE_OPENCV_TARGET); a target that is
 * not there falls back to the processor, as OpenCV says. */
static void use_target(cv::dnn::Net &net)
{
    net.setPreferableBackend(cv::dnn::FLOORFUSE_OPENCV_BACKEND);
    net.setPreferableTarget(cv::dnn::FLOORFUSE_OPENCV_TARGET);
}

static std::unique_ptr<opencv_network> load(const opencv_network_source &source)
{
    std::unique_ptr<opencv_network> network(new opencv_network);
    network->net = cv::dnn::readNetFromDarknet(source.cfg, source.cfg_length, source.weights,
                                               source.weights_length);
    use_target(network->net);
    network->width = source.width;
    network->height = source.height;
    network->heads = network->net.getUnconnectedOutLayersNames();
    network->head_values.assign(source.head_values, source.head_values + source.head_count);
    return network;
}

static int network_create(const opencv_network_source *source, opencv_network **ret_network,
                          error *err)
{
    try {
        settle();
        auto network = load(*source);
        std::vector<float> black(3 * static_cast<size_t>(source->width) *
                                 static_cast<size_t>(source->height));
        if (network->heads.size() != source->head_count || !forward(network.get(), black.data()))
            return error_set(err, -ENOTSUP,
                             "%s: OpenCV gives outputs of another shape; try engine \"darknet\"",
                             source->file);
        *ret_network = network.release();
        return 0;
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    } catch (const cv::Exception &e) {
        return error_set(err, -ENOTSUP, "%s: OpenCV cannot run this network: %s", source->file,
                         e.err.c_str());
    } catch (const std::exception &e) {
        return error_set(err, -ENOTSUP, "%s: OpenCV cannot run this network: %s", source->file,
                         e.what());
    }
}

static int onnx_create(const opencv_onnx_source *source, opencv_network **ret_network,
                       opencv_shape *ret_shape, error *err)
{
    try {
        settle();
        std::unique_ptr<opencv_network> network(new opencv_network);
        network->net = cv::dnn::readNetFromONNX(source->bytes, source->length);
        use_target(network->net);
        network->width = source->width;
        network->height = source->height;
        network->heads = network->net.getUnconnectedOutLayersNames();
        if (network->heads.size() != 1)
            return error_set(err, -ENOTSUP, "%s: has %zu outputs; known networks have one",
                             source->file, network->heads.size());
        std::vector<float> black(3 * static_cast<size_t>(source->width) *
                                 static_cast<size_t>(source->height));
        network->head_values.assign(1, 0);
        (void) forward(network.get(), black.data()); /* no size is expected yet */
        const cv::Mat &output = network->outputs[0];
        if (output.dims > OPENCV_DIMS_MAX || output.type() != CV_32F)
            return error_set(err, -ENOTSUP, "%s: has an output of an unknown kind", source->file);
        network->head_values[0] = output.total();
        ret_shape->dim_count = output.dims;
        for (int i = 0; i < output.dims; i++)
            ret_shape->dims[i] = output.size[i];
        *ret_network = network.release();
        return 0;
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    } catch (const cv::Exception &e) {
        return error_set(err, -ENOTSUP,
                         "%s: OpenCV cannot run this network: %s; export it with opset 12",
                         source->file, e.err.c_str());
    } catch (const std::exception &e) {
        return error_set(err, -ENOTSUP, "%s: OpenCV cannot run this network: %s", source->file,
                         e.what());
    }
}

static void network_destroy(opencv_network *network)
{
    delete network;
}

static int network_forward(opencv_network *network, const float *input, const float **ret_outputs)
{
    try {
        if (!forward(network, input))
            return -EIO;
        for (size_t i = 0; i < network->outputs.size(); i++)
            ret_outputs[i] = network->outputs[i].ptr<float>();
        return 0;
    } catch (const std::exception &) {
        return -EIO;
    }
}

static int hog_create(opencv_hog **ret_hog, error *err)
{
    try {
        settle();
        std::unique_ptr<opencv_hog> hog(new opencv_hog);
        hog->descriptor.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
        *ret_hog = hog.release();
        return 0;
    } catch (const std::exception &e) {
        return error_set(err, -EIO, "could not prepare OpenCV's HOG person detector: %s", e.what());
    }
}

static void hog_destroy(opencv_hog *hog)
{
    delete hog;
}

/* Steps of the pyramid and of the window: OpenCV's defaults. Grouping is left to our own
 * suppression, which knows the scores. */
static void look(opencv_hog *hog, double least_margin, double scale)
{
    std::vector<cv::Rect> found;
    std::vector<double> margins;
    const cv::Size stride(8, 8), padding(16, 16);
    const double pyramid_step = 1.05;
    hog->windows.clear();
    const cv::Size window = hog->descriptor.winSize;
    if (hog->scaled.cols < window.width || hog->scaled.rows < window.height)
        return; /* OpenCV throws */
    hog->descriptor.detectMultiScale(hog->scaled, found, margins, least_margin, stride, padding,
                                     pyramid_step, 0.0, false);
    for (size_t i = 0; i < found.size(); i++)
        hog->windows.push_back({ found[i].x / scale, found[i].y / scale, found[i].width / scale,
                                 found[i].height / scale, margins[i] });
}

static int hog_look(opencv_hog *hog, const uint8_t *rgb, uint32_t width, uint32_t height,
                    size_t stride_bytes, double scale, double least_margin,
                    const opencv_hog_window **ret_windows, size_t *ret_count)
{
    try {
        /* Gradients are taken per channel and the largest wins, so RGB does as well as BGR. */
        cv::Mat picture(static_cast<int>(height), static_cast<int>(width), CV_8UC3,
                        const_cast<uint8_t *>(rgb), stride_bytes); /* read only */
        cv::resize(picture, hog->scaled, cv::Size(), scale, scale,
                   scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
        look(hog, least_margin, scale);
        *ret_windows = hog->windows.data();
        *ret_count = hog->windows.size();
        return 0;
    } catch (const std::exception &) {
        return -EIO;
    }
}

const opencv_functions *floorfuse_opencv_functions()
{
    static const opencv_functions functions = { network_create,  onnx_create, network_destroy,
                                                network_forward, hog_create,  hog_destroy,
                                                hog_look };
    return &functions;
}
