/*
 * test_engine_memory.c - a frame takes no memory
 *
 * Every call of the allocator in the process is counted while a network runs: those of our code and
 * of the libraries behind it. Under a sanitizer its hooks count; without, the allocator's functions
 * are ours, and hand on to glibc's.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detector_fixture.h"
#include "engine_fixture.h"
#include "testing.h"

#define FRAMES 5

static size_t allocations, allocated_bytes, releases;

static void count_allocation(const volatile void *memory, size_t bytes)
{
    (void) memory;
    allocations++;
    allocated_bytes += bytes;
}

static void count_release(const volatile void *memory)
{
    releases += memory != NULL;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void *, size_t),
                                              void (*released)(const volatile void *));

static void start_counting(void)
{
    assert_true(__sanitizer_install_malloc_and_free_hooks(count_allocation, count_release) > 0);
}
#else
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);
extern void __libc_free(void *memory);

void *malloc(size_t bytes)
{
    count_allocation(NULL, bytes);
    return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    count_allocation(NULL, count * bytes);
    return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    count_allocation(NULL, bytes);
    return __libc_realloc(memory, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    count_allocation(NULL, bytes);
    return __libc_memalign(alignment, bytes);
}

void free(void *memory)
{
    count_release(memory);
    __libc_free(memory);
}

static void start_counting(void)
{
}
#endif

/* Of some frames, after the first: the engine's calls only. */
static void count_frames(const char *engine_name, const struct bench_net *net, size_t *ret_count,
                         size_t *ret_bytes)
{
    struct engine engine;
    struct error err = { "" };
    const float *heads[4];
    assert_true(net->cfg->heads <= 4);
    if (engine_of(engine_name, net, &engine, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(engine.methods->forward(engine.state, net->input, heads), 0);
    allocations = allocated_bytes = releases = 0;
    for (int i = 0; i < FRAMES; i++)
        assert_int_equal(engine.methods->forward(engine.state, net->input, heads), 0);
    *ret_count = allocations;
    *ret_bytes = allocated_bytes;
    assert_int_equal(releases, allocations); /* nothing stays */
    engine.methods->destroy(engine.state);
}

/* An inverted bottleneck with its shortcut, a pyramid of pools, joined layers: what our own kernels
 * compute. */
static const char small_layers[] =
    "[convolutional]\nfilters=16\nsize=3\nstride=2\npad=1\nactivation=leaky\n"
    "[convolutional]\nfilters=48\nactivation=leaky\n"
    "[convolutional]\nfilters=48\ngroups=48\nsize=3\npad=1\nactivation=leaky\n"
    "[convolutional]\nfilters=16\nactivation=linear\n[shortcut]\nfrom=-4\n"
    "[maxpool]\nsize=5\nstride=1\n[route]\nlayers=-1,-2\n[upsample]\nstride=2\n"
    "[convolutional]\nfilters=6\nactivation=linear\n[yolo]\nclasses=1\nnum=1\nanchors=9,13\n";

static void a_frame_takes_no_memory(void **state)
{
    (void) state;
    const char *kernels = engine_is_there("fast avx512") ? "fast avx512" : "fast avx2";
    size_t count, bytes;
    if (!engine_is_there(kernels))
        skip();
    struct bench_net net = net_of_text(small_layers, 64, 32, 3);
    count_frames(kernels, &net, &count, &bytes);
    assert_int_equal(count, 0);
    net_release(&net);
    if (access(MODEL_WITH_BODY, R_OK) < 0)
        return;
    net = net_of_files(MODEL_WITH_BODY, NULL, 0, 0);
    count_frames(kernels, &net, &count, &bytes);
    assert_int_equal(count, 0);
    net_release(&net);
}

/* oneDNN itself makes a small table of the arguments of each call, and throws it away again. */
static void onednn_takes_only_a_table_of_arguments(void **state)
{
    (void) state;
    size_t count, bytes;
    if (!engine_is_there("fast onednn"))
        skip();
    struct bench_net net = net_of_text(small_layers, 64, 32, 3);
    count_frames("fast onednn", &net, &count, &bytes);
    print_message("oneDNN: %zu allocations a frame, %zu bytes\n", count / FRAMES, bytes / FRAMES);
    assert_true(bytes <= FRAMES * 5 * 2048); /* of five convolutions */
    net_release(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_takes_no_memory),
        cmocka_unit_test(onednn_takes_only_a_table_of_arguments),
    };
    start_counting();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
