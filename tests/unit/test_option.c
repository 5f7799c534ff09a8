/*
 * test_option.c - option tables over libconfig
 *
 * Expected values are read off the texts by eye: each text says what its keys are.
 */
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/option.h"
#include "config/suggest.h"

struct shelf {
    char *id;
    int boards;
    struct {
        double height_m;
    } size;
};

struct room {
    char *name, *paint, *plan;
    int chairs, gap_ms;
    double width_m;
    bool lit;
    struct number_list matrix, corners;
    struct option_list shelves;
};

#define ROOM(member)  offsetof(struct room, member)
#define SHELF(member) offsetof(struct shelf, member)

static const struct option options[] = {
    { .path = "name",
      .type = OPTION_STRING,
      .offset = ROOM(name),
      .required = true,
      .help = "of the room" },
    { .path = "paint",
      .type = OPTION_STRING,
      .offset = ROOM(paint),
      .default_string = "white",
      .choices = "white|off-white|green",
      .help = "of the walls" },
    { .path = "plan", .type = OPTION_PATH, .offset = ROOM(plan), .help = "a picture" },
    { .path = "seats.chairs",
      .type = OPTION_INT,
      .offset = ROOM(chairs),
      .default_number = 4,
      .min = 0,
      .max = 2000000,
      .help = "chairs" },
    { .path = "seats.gap_ms",
      .type = OPTION_INT,
      .offset = ROOM(gap_ms),
      .default_number = 20,
      .min = 10,
      .max = 50,
      .help = "between two" },
    { .path = "width_m",
      .type = OPTION_DOUBLE,
      .offset = ROOM(width_m),
      .default_number = 2.5,
      .min = 0.5,
      .max = 5e9,
      .help = "wall to wall" },
    { .path = "lit",
      .type = OPTION_BOOL,
      .offset = ROOM(lit),
      .default_number = 1,
      .help = "lamps are on" },
    { .path = "matrix",
      .type = OPTION_NUMBERS,
      .offset = ROOM(matrix),
      .min = 4,
      .max = 4,
      .help = "2x2" },
    { .path = "corners",
      .type = OPTION_NUMBERS,
      .offset = ROOM(corners),
      .min = 1,
      .max = 6,
      .help = "px" },
    { .path = "shelves[]",
      .type = OPTION_LIST,
      .offset = ROOM(shelves),
      .item_bytes = sizeof(struct shelf),
      .min = 1,
      .max = 3,
      .help = "in the room" },
    { .path = "shelves[].id",
      .type = OPTION_ID,
      .offset = SHELF(id),
      .required = true,
      .help = "unique" },
    { .path = "shelves[].boards",
      .type = OPTION_INT,
      .offset = SHELF(boards),
      .default_number = 3,
      .min = 1,
      .max = 9,
      .help = "boards" },
    { .path = "shelves[].size.height_m",
      .type = OPTION_DOUBLE,
      .offset = SHELF(size.height_m),
      .default_number = 2,
      .min = 0.1,
      .max = 9,
      .help = "above the floor" },
};
#define OPTION_COUNT ARRAY_LENGTH(options)

struct fixture {
    struct room room;
    struct problems problems;
    int result;
};

static struct fixture *parse(void **state, const char *text)
{
    struct fixture *f = *state;
    options_release(options, OPTION_COUNT, &f->room);
    problems_release(&f->problems);
    memset(&f->room, 0, sizeof(f->room));
    f->result = options_parse(text, "room.cfg", options, OPTION_COUNT, &f->room, &f->problems);
    return f;
}

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    options_release(options, OPTION_COUNT, &f->room);
    problems_release(&f->problems);
    free(f);
    return 0;
}

/* The only problem that a text has, given without "room.cfg:". */
static void assert_problem(void **state, const char *text, const char *expected)
{
    struct fixture *f = parse(state, text);
    if (f->problems.count != 1)
        for (size_t i = 0; i < f->problems.count; i++)
            print_message("%s\n", f->problems.sentences[i]);
    assert_int_equal(f->result, -EINVAL);
    assert_int_equal(f->problems.count, 1);
    assert_memory_equal(f->problems.sentences[0], "room.cfg:", 9);
    assert_string_equal(f->problems.sentences[0] + 9, expected);
}

static void what_is_not_given_has_its_default(void **state)
{
    struct fixture *f = parse(state, "name = \"hall\";");
    assert_int_equal(f->result, 0);
    assert_string_equal(f->room.name, "hall");
    assert_string_equal(f->room.paint, "white");
    assert_null(f->room.plan);
    assert_int_equal(f->room.chairs, 4);
    assert_true(f->room.width_m == 2.5);
    assert_true(f->room.lit);
    assert_int_equal(f->room.matrix.count, 0);
    assert_int_equal(f->room.shelves.count, 0);
}

static void every_type_is_read(void **state)
{
    struct fixture *f = parse(state, "name = \"hall\"; paint = \"off-white\"; lit = false;\n"
                                     "seats = { chairs = 0x10; gap_ms = 50; };\n"
                                     "width_m = 7; # a whole number is a number\n"
                                     "shelves = ( { id = \"left-1\"; size = { height_m = 0.5; }; },"
                                     "            { id = \"b\"; boards = 9; } );");
    assert_int_equal(f->result, 0);
    assert_string_equal(f->room.paint, "off-white");
    assert_false(f->room.lit);
    assert_int_equal(f->room.chairs, 16);
    assert_int_equal(f->room.gap_ms, 50);
    assert_true(f->room.width_m == 7);
    const struct shelf *shelves = f->room.shelves.items;
    assert_int_equal(f->room.shelves.count, 2);
    assert_string_equal(shelves[0].id, "left-1");
    assert_int_equal(shelves[0].boards, 3);
    assert_true(shelves[0].size.height_m == 0.5);
    assert_int_equal(shelves[1].boards, 9);
    assert_true(shelves[1].size.height_m == 2);
}

static void numbers_are_read_in_reading_order_however_nested(void **state)
{
    static const char *const texts[] = {
        "name = \"n\"; matrix = ((1.0, 2.0), (3.0, 4.5));",
        "name = \"n\"; matrix = [1.0, 2.0, 3.0, 4.5];",
        "name = \"n\"; matrix = (1, [2, 3], 4.5);",
        "name = \"n\"; matrix = [1, 2, 3, 4.5]; # libconfig alone refuses the mixture",
        "name = \"n\"; matrix = [1, 2e0, /* ] */ +3, 4.5];",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct fixture *f = parse(state, texts[i]);
        assert_int_equal(f->result, 0);
        assert_int_equal(f->room.matrix.count, 4);
        const double expected[] = { 1, 2, 3, 4.5 };
        assert_memory_equal(f->room.matrix.values, expected, sizeof(expected));
    }
}

static void an_unknown_key_names_the_one_that_was_meant(void **state)
{
    assert_problem(state, "name = \"n\";\npant = \"green\";",
                   "2: unknown key pant; did you mean paint?");
    assert_problem(state, "name = \"n\";\nseets = { chairs = 1; };",
                   "2: unknown key seets; did you mean seats?");
    assert_problem(state, "name = \"n\";\nseats = {\n  chiars = 1; };",
                   "3: unknown key seats.chiars; did you mean seats.chairs?");
    assert_problem(state, "name = \"n\";\nheight_m = 1.0;",
                   "2: unknown key height_m; did you mean shelves[].size.height_m?");
    assert_problem(state,
                   "name = \"n\";\nshelves = ( { id = \"a\"; },\n{ id = \"b\"; bords = 2; } );",
                   "3: unknown key shelves[].bords; did you mean shelves[].boards?");
    assert_problem(state, "name = \"n\";\nelephant = 1;",
                   "2: unknown key elephant; remove it or see the documented options");
}

static void a_wrong_type_is_named(void **state)
{
    assert_problem(state, "name = 5;",
                   "1: name must be a string, not a whole number (of the room)");
    assert_problem(state, "name = \"n\";\nseats = { chairs = \"two\"; };",
                   "2: seats.chairs must be a whole number, not a string (chairs)");
    assert_problem(state, "name = \"n\"; seats = { chairs = 2.0; };",
                   "1: seats.chairs must be a whole number, not a number with a point (chairs)");
    assert_problem(state, "name = \"n\"; lit = 1;",
                   "1: lit must be true or false, not a whole number (lamps are on)");
    assert_problem(state, "name = \"n\"; width_m = true;",
                   "1: width_m must be a number, not true or false (wall to wall)");
    assert_problem(state, "name = \"n\"; matrix = 1.0;",
                   "1: matrix must be numbers in brackets, not a number with a point (2x2)");
    assert_problem(state, "name = \"n\"; matrix = (1, 2, 3, \"4\");",
                   "1: matrix must have nothing but finite numbers (2x2)");
    assert_problem(state, "name = \"n\"; seats = 4;", "1: seats must be a group, seats = { ... };");
    assert_problem(
        state, "name = \"n\"; shelves = { id = \"a\"; };",
        "1: shelves[] must be a list of groups, ( { ... }, { ... } ), not a group (in the room)");
    assert_problem(
        state, "name = \"n\"; shelves = ( 3 );",
        "1: shelves[] must be a list of groups, ( { ... }, { ... } ), not a whole number "
        "(in the room)");
}

static void bounds_are_kept_and_named_with_their_unit(void **state)
{
    assert_problem(state, "name = \"n\"; seats = { gap_ms = 51; };",
                   "1: seats.gap_ms is 51 ms but must be from 10 to 50 ms (between two)");
    assert_problem(state, "name = \"n\"; width_m = 0.25;",
                   "1: width_m is 0.25 m but must be from 0.5 to 5000000000 m (wall to wall)");
    assert_problem(state, "name = \"n\"; seats = { chairs = -1; };",
                   "1: seats.chairs is -1 but must be from 0 to 2000000 (chairs)");
    assert_problem(state, "name = \"n\"; matrix = [1, 2, 3];",
                   "1: matrix has 3 numbers but needs 4 (2x2)");
    assert_problem(state, "name = \"n\"; corners = [1, 2, 3, 4, 5, 6, 7];",
                   "1: corners has 7 numbers but needs at most 6 (px)");
    assert_problem(state, "name = \"n\"; shelves = ();",
                   "1: shelves[] has 0 entries but must have 1 to 3 (in the room)");
}

/* libconfig 1.5 takes the lower 32 bits: 4294967297 would pass for 1. */
static void whole_numbers_that_do_not_fit_are_not_cut(void **state)
{
    assert_problem(state, "name = \"n\"; seats = { chairs = 4294967297; };",
                   "1: seats.chairs is 4294967297 but must be from 0 to 2000000 (chairs)");
    assert_problem(state, "name = \"n\"; seats = { chairs = 0x100000001; };",
                   "1: seats.chairs is 4294967297 but must be from 0 to 2000000 (chairs)");
    assert_problem(state, "name = \"n\"; seats = { chairs = -4294967295; };",
                   "1: seats.chairs is -4294967295 but must be from 0 to 2000000 (chairs)");
    struct fixture *f = parse(state, "name = \"n\"; seats = { chairs = 99999999999999999999; };");
    assert_int_equal(f->result, -EINVAL);
    assert_int_equal(f->room.chairs, 4);
    f = parse(state, "name = \"4294967297\"; width_m = 4294967297; # 4294967297");
    assert_int_equal(f->result, 0);
    assert_true(f->room.width_m == 4294967297.0);
    assert_string_equal(f->room.name, "4294967297");
}

static void numbers_that_are_not_finite_are_refused(void **state)
{
    struct fixture *f = parse(state, "name = \"n\"; width_m = 1e999;");
    assert_int_equal(f->result, -EINVAL);
    assert_true(f->room.width_m == 2.5);
    assert_problem(state, "name = \"n\"; corners = [1.0, -1e999];",
                   "1: corners must have nothing but finite numbers (px)");
}

static void strings_are_checked(void **state)
{
    assert_problem(state, "name = \"n\"; paint = \"off\";",
                   "1: paint is \"off\" but must be one of white|off-white|green");
    assert_problem(state, "name = \"\";", "1: name must not be empty (of the room)");
    assert_problem(state, "name = \"n\"; plan = \"\";", "1: plan must not be empty (a picture)");
    assert_problem(
        state, "name = \"n\"; shelves = ( { id = \"Top\"; } );",
        "1: shelves[].id is \"Top\" but an id has only a-z, 0-9 and -, at most 63 of them");
}

static void what_is_required_and_missing_is_named_where_it_should_be(void **state)
{
    assert_problem(state, "lit = true;", " name is missing (of the room)");
    assert_problem(state, "name = \"n\";\nshelves = (\n{ boards = 2; } );",
                   "3: shelves[].id is missing (unique)");
}

static void errors_of_syntax_name_the_line(void **state)
{
    assert_problem(state, "name = \"n\";\nlit = = true;",
                   "2: syntax error; look for a missing ; , = \" or bracket here or on the line "
                   "before");
    assert_problem(state, "name = \"n\";\nlit = ",
                   "2: syntax error; look for a missing ; , = \" or bracket here or on the line "
                   "before");
    assert_problem(state, "name = \"n\";\nlit = true;\nlit = false;",
                   "3: duplicate setting name; a key may stand only once in a group");
    assert_problem(state, "name = \"n\";\n/* width_m = 3;\nlit = true;",
                   "2: the comment or string that starts here never ends");
    assert_problem(state, "name = \"n\";\npaint = \"green;\nlit = true;",
                   "2: the comment or string that starts here never ends");
}

static void includes_are_refused_wherever_libconfig_would_follow_them(void **state)
{
    const char *sentence = "@include is not allowed; put everything into one file";
    char expected[80];
    (void) snprintf(expected, sizeof(expected), "1: %s", sentence);
    assert_problem(state, "@include \"/etc/passwd\"", expected);
    (void) snprintf(expected, sizeof(expected), "2: %s", sentence);
    assert_problem(state, "name = \"n\";\n \t@include \"/etc/passwd\"", expected);
    assert_problem(state, "name = \"n\";\r\n@include\"/etc/passwd\"", expected);
    assert_int_equal(parse(state, "name = \"n\"; # @include \"/etc/passwd\"")->result, 0);
    /* Only at the beginning of a line is it an include to libconfig; elsewhere it is no syntax. */
    assert_int_equal(parse(state, "name = \"n\"; @include \"/etc/passwd\"")->result, -EINVAL);
}

static void marks_and_line_ends_of_other_systems_are_taken(void **state)
{
    struct fixture *f = parse(state, "\xef\xbb\xbfname = \"n\";\r\nlit = false;\r\n");
    assert_int_equal(f->result, 0);
    assert_false(f->room.lit);
}

static void all_problems_are_said_in_the_order_of_their_lines(void **state)
{
    struct fixture *f = parse(state, "widht_m = 2.0;\n"
                                     "seats = { gap_ms = 9; };\n"
                                     "shelves = (\n"
                                     "  { id = \"a\"; boards = 10; },\n"
                                     "  { id = \"b\"; colour = 1; } );\n"
                                     "lit = 3;\n"
                                     "plan = 1;\n"
                                     "paint = \"x\";\n"
                                     "name = \"n\";\n");
    static const char *const begins[] = { "room.cfg:1: ", "room.cfg:2: ", "room.cfg:4: ",
                                          "room.cfg:5: ", "room.cfg:6: ", "room.cfg:7: ",
                                          "room.cfg:8: " };
    assert_int_equal(f->result, -EINVAL);
    assert_int_equal(f->problems.count, ARRAY_LENGTH(begins));
    for (size_t i = 0; i < ARRAY_LENGTH(begins); i++)
        assert_memory_equal(f->problems.sentences[i], begins[i], strlen(begins[i]));
    assert_true(f->room.width_m == 2.5); /* defaults stand in for what is wrong */
    assert_int_equal(f->room.gap_ms, 20);
    assert_string_equal(f->room.paint, "white");
}

static void a_hostile_text_gets_a_bounded_answer(void **state)
{
    struct text text AUTO(text_release) = TEXT_INIT;
    for (int i = 0; i < 400; i++)
        text_format(&text, "key%d = 1;\n", i);
    struct fixture *f = parse(state, text.bytes);
    assert_int_equal(f->result, -EINVAL);
    /* 400 unknown keys and the missing name, 100 of them shown. */
    assert_int_equal(f->problems.count, 101);
    assert_string_equal(f->problems.sentences[100],
                        "room.cfg: 301 more problems are not shown; mend these first");
    for (int i = 400; i < 600; i++)
        text_format(&text, "key%d = 1;\n", i);
    assert_problem(state, text.bytes,
                   "501: there are too many brackets in brackets or keys in a group; this is no "
                   "config");
    text_clear(&text);
    for (int i = 0; i < 100000; i++)
        text_append(&text, "(");
    assert_problem(state, text.bytes,
                   "1: there are too many brackets in brackets or keys in a group; this is no "
                   "config");
    while (text.length <= 1024 * 1024)
        text_append(&text, "# a long comment of many letters\n");
    assert_problem(state, text.bytes, " is larger than the 1048576 bytes allowed");
}

static void a_dump_is_a_file_that_loads_to_the_same(void **state)
{
    static const char text[] = "name = \"a \\\"hall\\\" \\\\ x\"; width_m = 0.7; lit = false;\n"
                               "matrix = [1.0, -0.3333333333333333, 1e-300, 4000000000.0];\n"
                               "seats = { chairs = 1000000; };\n"
                               "shelves = ( { id = \"a\"; }, { id = \"b\"; boards = 5; } );";
    struct fixture *f = parse(state, text);
    assert_int_equal(f->result, 0);
    char *first, *second;
    size_t first_length, second_length;
    FILE *out = open_memstream(&first, &first_length);
    options_dump(options, OPTION_COUNT, &f->room, out);
    (void) fclose(out);
    f = parse(state, first);
    assert_int_equal(f->result, 0);
    assert_string_equal(f->room.name, "a \"hall\" \\ x");
    assert_true(f->room.width_m == 0.7);
    assert_true(f->room.matrix.values[1] == -0.3333333333333333);
    assert_true(f->room.matrix.values[2] == 1e-300);
    assert_int_equal(f->room.chairs, 1000000);
    assert_int_equal(f->room.shelves.count, 2);
    out = open_memstream(&second, &second_length);
    options_dump(options, OPTION_COUNT, &f->room, out);
    (void) fclose(out);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void the_table_documents_itself(void **state)
{
    (void) state;
    char *page;
    size_t length;
    FILE *out = open_memstream(&page, &length);
    options_document(options, OPTION_COUNT, out);
    (void) fclose(out);
    assert_non_null(strstr(page, "| `name` | string | required |  | of the room |\n"));
    assert_non_null(strstr(
        page, "| `paint` | string | `\"white\"` | white, off-white, green | of the walls |\n"));
    assert_non_null(
        strstr(page, "| `seats.chairs` | whole number | `4` | 0 to 2000000 | chairs |\n"));
    assert_non_null(strstr(page, "| `lit` | true/false | `true` |  | lamps are on |\n"));
    assert_non_null(strstr(page, "| `matrix` | list of numbers | none | 4 numbers | 2x2 |\n"));
    assert_non_null(
        strstr(page, "| `shelves[]` | list of groups | none | 1 to 3 entries | in the room |\n"));
    free(page);
}

static void paths_are_beside_the_file(void **state)
{
    struct fixture *f = *state;
    char folder[] = "/tmp/test_option.XXXXXX", path[64], expected[64];
    assert_non_null(mkdtemp(folder));
    (void) snprintf(path, sizeof(path), "%s/room.cfg", folder);
    (void) snprintf(expected, sizeof(expected), "%s/pictures/a.png", folder);
    const char text[] = "name = \"n\"; plan = \"pictures/a.png\";";
    assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
    assert_int_equal(options_load(path, options, OPTION_COUNT, &f->room, &f->problems), 0);
    assert_string_equal(f->room.plan, expected);
    options_release(options, OPTION_COUNT, &f->room);
    /* From inside the folder the name has no folder to be beside. */
    char *here = getcwd(NULL, 0);
    assert_non_null(here);
    assert_int_equal(chdir(folder), 0);
    int r = options_load("room.cfg", options, OPTION_COUNT, &f->room, &f->problems);
    assert_int_equal(chdir(here), 0);
    free(here);
    assert_int_equal(r, 0);
    assert_string_equal(f->room.plan, expected);
    (void) unlink(path);
    (void) rmdir(folder);
}

static void files_that_cannot_be_read_say_why(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        options_load("/nonexistent/room.cfg", options, OPTION_COUNT, &f->room, &f->problems),
        -ENOENT);
    assert_int_equal(f->problems.count, 1);
    assert_string_equal(f->problems.sentences[0],
                        "could not open /nonexistent/room.cfg: No such file or directory");
    assert_string_equal(f->room.paint, "white"); /* defaults all the same */
    options_release(options, OPTION_COUNT, &f->room);
    problems_release(&f->problems);

    char path[] = "/tmp/test_option.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "name\0", 5), 5);
    (void) close(fd);
    assert_int_equal(options_load(path, options, OPTION_COUNT, &f->room, &f->problems), -EINVAL);
    assert_non_null(strstr(f->problems.sentences[0], "is not a text file"));
    (void) unlink(path);
}

/* kitten, sitting: 3 is the example of every text on Levenshtein's distance. */
static void distances_between_words_are_levenshteins(void **state)
{
    (void) state;
    assert_int_equal(suggest_distance("kitten", "sitting", 10), 3);
    assert_int_equal(suggest_distance("", "abc", 10), 3);
    assert_int_equal(suggest_distance("same", "same", 10), 0);
    assert_int_equal(suggest_distance("kitten", "sitting", 2), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_given_has_its_default),
        TEST(every_type_is_read),
        TEST(numbers_are_read_in_reading_order_however_nested),
        TEST(an_unknown_key_names_the_one_that_was_meant),
        TEST(a_wrong_type_is_named),
        TEST(bounds_are_kept_and_named_with_their_unit),
        TEST(whole_numbers_that_do_not_fit_are_not_cut),
        TEST(numbers_that_are_not_finite_are_refused),
        TEST(strings_are_checked),
        TEST(what_is_required_and_missing_is_named_where_it_should_be),
        TEST(errors_of_syntax_name_the_line),
        TEST(includes_are_refused_wherever_libconfig_would_follow_them),
        TEST(marks_and_line_ends_of_other_systems_are_taken),
        TEST(all_problems_are_said_in_the_order_of_their_lines),
        TEST(a_hostile_text_gets_a_bounded_answer),
        TEST(a_dump_is_a_file_that_loads_to_the_same),
        TEST(the_table_documents_itself),
        TEST(paths_are_beside_the_file),
        TEST(files_that_cannot_be_read_say_why),
        TEST(distances_between_words_are_levenshteins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
