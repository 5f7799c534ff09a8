/* test_arguments.c - command lines with numbers and operands */
#include "tests/unit/testing.h"

#include "programs/arguments.h"

struct asked {
    const char *out, *operands[2], *stills[2];
    size_t operand_count, still_count;
    double size[2], sigma;
    bool quick;
};

static bool parse(char **argv, struct asked *asked, int *exit_code)
{
    *asked = (struct asked){ .size = { -1, -1 }, .sigma = 1 };
    const struct argument arguments[] = {
        { "--out", "FILE", &asked->out, NULL, "where to", false },
        { "--quick", NULL, NULL, &asked->quick, "hurry", false },
        { "--image", "W H", NULL, NULL, "size", true, { asked->size, 2, 1, 16384, true } },
        { "--still",
          "FILE",
          NULL,
          NULL,
          "pictures",
          false,
          { NULL },
          { asked->stills, 2, &asked->still_count } },
        { "--sigma", "PX", NULL, NULL, "noise", false, { &asked->sigma, 1, -5, 50 } },
    };
    const struct command_line line = {
        .program = "test",
        .purpose = "Test.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
        .operands = { "FILE.cfg", asked->operands, 2, &asked->operand_count, true },
    };
    int argc = 0;
    while (argv[argc])
        argc++;
    return arguments_parse(&line, argc, argv, exit_code);
}

#define PARSE(...) parse((char *[]){ "test", __VA_ARGS__, NULL }, &asked, &exit_code)

static void numbers_stand_in_words_or_in_one_word(void **state)
{
    struct asked asked;
    int exit_code;
    (void) state;
    assert_true(PARSE("--image", "1280", "720", "a.cfg"));
    assert_true(asked.size[0] == 1280 && asked.size[1] == 720 && asked.sigma == 1);
    assert_true(PARSE("--image=1280x720", "a.cfg"));
    assert_true(asked.size[0] == 1280 && asked.size[1] == 720);
    assert_true(PARSE("--image", "1280, 720", "a.cfg", "--sigma", "-2.5"));
    assert_true(asked.size[0] == 1280 && asked.size[1] == 720 && asked.sigma == -2.5);
}

static void operands_stand_anywhere(void **state)
{
    struct asked asked;
    int exit_code;
    (void) state;
    assert_true(PARSE("a.cfg", "--image", "8", "6", "b.cfg", "--quick", "--out", "x"));
    assert_int_equal(asked.operand_count, 2);
    assert_string_equal(asked.operands[0], "a.cfg");
    assert_string_equal(asked.operands[1], "b.cfg");
    assert_string_equal(asked.out, "x");
    assert_true(asked.quick);
}

static void an_option_may_be_given_several_times(void **state)
{
    struct asked asked;
    int exit_code;
    (void) state;
    assert_true(PARSE("--image", "8", "6", "a.cfg", "--still", "x.png", "--still=y.png"));
    assert_int_equal(asked.still_count, 2);
    assert_string_equal(asked.stills[0], "x.png");
    assert_string_equal(asked.stills[1], "y.png");
    assert_false(
        PARSE("--image", "8", "6", "a.cfg", "--still", "x", "--still", "y", "--still", "z"));
}

static void what_is_missing_or_wrong_is_a_usage_error(void **state)
{
    struct asked asked;
    int exit_code = 0;
    (void) state;
    assert_false(PARSE("--image", "1280", "a.cfg"));
    assert_int_equal(exit_code, EXIT_USAGE);
    assert_false(PARSE("--image", "1280", "--quick", "a.cfg"));
    assert_false(PARSE("--image", "1280.5", "720", "a.cfg"));
    assert_false(PARSE("--image", "0", "720", "a.cfg"));
    assert_false(PARSE("--image", "1e5", "720", "a.cfg"));
    assert_false(PARSE("--image", "nan", "720", "a.cfg"));
    assert_false(PARSE("--image=1280,720,3", "a.cfg"));
    assert_false(PARSE("--image", "1280", "720"));
    assert_false(PARSE("a.cfg"));
    assert_false(PARSE("a", "b", "c", "--image", "8", "6"));
    assert_false(PARSE("--image", "8", "6", "a.cfg", "--sigma", "51"));
    assert_false(PARSE("--image", "8", "6", "a.cfg", "--sigma"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_in_words_or_in_one_word),
        cmocka_unit_test(operands_stand_anywhere),
        cmocka_unit_test(an_option_may_be_given_several_times),
        cmocka_unit_test(what_is_missing_or_wrong_is_a_usage_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
