/*
 * test_floor_places.c - zones, fixtures and lines as the database is given them
 *
 * What the database makes of them is test_writer_places.c.
 */
#include <string.h>

#include "floor/floor_map.h"
#include "storage/floor_places.h"
#include "testing.h"

#define TEN_UMLAUTS "\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc"

/* Two bytes each, so that the 64th byte, which is one too many, is the second half of one. */
static void long_names_of_shelves_are_cut_between_characters(void **state)
{
    (void) state;
    static const char text[] =
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":\"" TEN_UMLAUTS
            TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS
        "\",\"properties\":{\"kind\":\"shelf\"},\"geometry\":{\"type\":\"Polygon\","
        "\"coordinates\":[[[0,0],[2,0],[2,1]]]}}]}";
    const struct heat_bucket bucket = { .grid = { .cell_m = 1, .columns = 2, .rows = 2 } };
    struct floor_places *places = NULL;
    struct floor_map *map = NULL;
    const char *json = NULL;
    char name[64] = "";
    for (int i = 0; i < 31; i++)
        strcat(name, "\xc3\xbc");
    assert_int_equal(floor_map_parse(text, strlen(text), "test", &map, NULL), 0);
    assert_int_equal(floor_places_create(map, &places, NULL), 0);
    assert_int_equal(floor_places_list(places, &bucket, &json), 0);
    const char *found = strstr(json, "\"name\":\"");
    assert_non_null(found);
    found += strlen("\"name\":\"");
    assert_int_equal(strcspn(found, "\""), 62);
    assert_memory_equal(found, name, 62);
    assert_non_null(floor_places_find(places, PLACE_FIXTURE, name));
    floor_places_destroy(&places);
    floor_map_destroy(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_names_of_shelves_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
