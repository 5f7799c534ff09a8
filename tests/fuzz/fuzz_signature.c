/* fuzz_signature.c - any text as a signature file; what loads is compared and reads back the same
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "calib/signature_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct signature_file *file, struct problems *problems)
{
    struct signature_difference difference;
    struct signature_file again = { 0 };
    struct text text = TEXT_INIT;
    struct signature flat = { .width = file->signature.width, .height = file->signature.height };
    if (signature_compare(&file->signature, &flat, &difference) == 0 &&
        signature_compare(&file->signature, &file->signature, &difference) == 0 &&
        difference.verdict == SIGNATURE_MOVED)
        abort();
    signature_file_write(
        &(struct signature_file){ .stills = file->stills, .signature = file->signature }, &text);
    if (!text.failed && signature_file_parse(text.bytes, "again", &again, problems) == 0 &&
        memcmp(&again.signature, &file->signature, sizeof(again.signature)) != 0)
        abort();
    signature_file_release(&again);
    text_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signature_file file = { 0 };
    struct problems problems = { 0 };
    char *text = strndup((const char *) data, size);
    if (text && signature_file_parse(text, "fuzz.signature", &file, &problems) == 0)
        ask(&file, &problems);
    signature_file_release(&file);
    problems_release(&problems);
    free(text);
    return 0;
}
