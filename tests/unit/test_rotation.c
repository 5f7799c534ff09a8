/* test_rotation.c - rotations as matrices and as vectors */
#include <errno.h>

#include "calib/rotation.h"
#include "near.h"
#include "sim/random.h"
#include "testing.h"

static void assert_matrix(const struct matrix3 *m, const double expected[static 9],
                          double tolerance)
{
    for (int i = 0; i < 9; i++)
        assert_near(m->m[i], expected[i], tolerance);
}

/* By hand: a quarter about z takes x to y; a third about the diagonal takes x to y to z to x. */
static void turns_known_by_hand(void **state)
{
    double diagonal = 2 * M_PI / 3 / sqrt(3);
    (void) state;
    struct matrix3 quarter = rotation_of_vector((const double[]){ 0, 0, M_PI / 2 });
    assert_matrix(&quarter, (const double[]){ 0, -1, 0, 1, 0, 0, 0, 0, 1 }, 1e-15);
    struct matrix3 third = rotation_of_vector((const double[]){ diagonal, diagonal, diagonal });
    assert_matrix(&third, (const double[]){ 0, 0, 1, 1, 0, 0, 0, 1, 0 }, 1e-15);
    struct matrix3 none = rotation_of_vector((const double[]){ 0, 0, 0 });
    assert_matrix(&none, (const double[]){ 1, 0, 0, 0, 1, 0, 0, 0, 1 }, 0);
}

/* Also next to no turn and next to half a turn, where the formulas cancel. */
static void a_vector_survives_its_matrix(void **state)
{
    static const double lengths[] = { 1e-12, 1e-7, 0.1, 2, 3.1, M_PI - 1e-6, M_PI - 1e-9 };
    struct random random = random_stream(3, 0);
    (void) state;
    for (int i = 0; i < 7000; i++) {
        double v[3], back[3], length = 0;
        for (int k = 0; k < 3; k++) {
            v[k] = random_normal(&random);
            length += v[k] * v[k];
        }
        double scale = lengths[i % 7] / sqrt(length);
        for (int k = 0; k < 3; k++)
            v[k] *= scale;
        struct matrix3 m = rotation_of_vector(v);
        rotation_to_vector(&m, back);
        for (int k = 0; k < 3; k++)
            assert_near(back[k], v[k], 1e-6);
        struct matrix3 again = rotation_of_vector(back);
        assert_matrix(&again, m.m, 1e-8);
    }
}

static void a_noisy_matrix_has_a_nearest_rotation(void **state)
{
    const double v[] = { 0.3, -1.2, 0.7 };
    (void) state;
    struct matrix3 exact = rotation_of_vector(v), scaled = exact, nearest;
    for (int i = 0; i < 9; i++)
        scaled.m[i] *= 2.5;
    assert_int_equal(rotation_nearest(&scaled, &nearest), 0);
    assert_matrix(&nearest, exact.m, 1e-12);
    const struct matrix3 flat = { { 1, 2, 3, 2, 4, 6, 1, 1, 1 } };
    assert_int_equal(rotation_nearest(&flat, &nearest), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_known_by_hand),
        cmocka_unit_test(a_vector_survives_its_matrix),
        cmocka_unit_test(a_noisy_matrix_has_a_nearest_rotation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
