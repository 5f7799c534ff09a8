/*
 * option_text.c - what is done to a config's text before libconfig reads it
 */
#include "config/option_text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Our tables nest 4 deep and have some 20 keys in a group. */
#define NESTING_MAX 32
#define KEYS_MAX    500

enum token { TOKEN_OTHER, TOKEN_WORD, TOKEN_NUMBER, TOKEN_STRING, TOKEN_COMMENT };

unsigned option_text_include(const char *text)
{
    unsigned line = 1;
    for (const char *at = text; at; line++) {
        at += strspn(at, " \t\r\f\v");
        if (strncmp(at, "@include", 8) == 0)
            return line;
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return 0;
}

static const char *end_of_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (at[0] == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

static const char *end_of_word(const char *at)
{
    while (isalnum((unsigned char) *at) || *at == '_' || *at == '-' || *at == '*')
        at++;
    return at;
}

static bool is_hexadecimal(const char *at)
{
    return at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
}

static const char *end_of_number(const char *at)
{
    bool hexadecimal = is_hexadecimal(at);
    for (at++; *at; at++) {
        bool exponent_sign = (*at == '+' || *at == '-') && (at[-1] == 'e' || at[-1] == 'E');
        if (!isalnum((unsigned char) *at) && *at != '.' && !(exponent_sign && !hexadecimal))
            break;
    }
    return at;
}

static const char *end_of_token(const char *at, enum token *ret_token)
{
    *ret_token = TOKEN_STRING;
    if (at[0] == '"')
        return end_of_string(at);
    *ret_token = TOKEN_COMMENT;
    if (at[0] == '#' || (at[0] == '/' && at[1] == '/'))
        return at + strcspn(at, "\n");
    if (at[0] == '/' && at[1] == '*') {
        const char *end = strstr(at + 2, "*/");
        return end ? end + 2 : at + strlen(at);
    }
    *ret_token = TOKEN_WORD;
    if (isalpha((unsigned char) *at) || *at == '*')
        return end_of_word(at);
    *ret_token = TOKEN_NUMBER;
    if (isdigit((unsigned char) at[0]) || at[0] == '.' || at[0] == '+' || at[0] == '-')
        return end_of_number(at);
    *ret_token = TOKEN_OTHER;
    return at + 1;
}

/* Digits with an optional sign, or 0x and digits; without the L of a 64-bit number. */
static bool is_whole(const char *first, const char *end)
{
    const char *digits = first + (*first == '+' || *first == '-');
    bool hexadecimal = is_hexadecimal(first);
    if (hexadecimal)
        digits = first + 2;
    if (digits == end)
        return false;
    for (; digits < end; digits++)
        if (hexadecimal ? !isxdigit((unsigned char) *digits) : !isdigit((unsigned char) *digits))
            return false;
    return true;
}

static bool fits_int(const char *number)
{
    errno = 0;
    long long value = strtoll(number, NULL, is_hexadecimal(number) ? 16 : 10);
    return errno == 0 && value >= INT_MIN && value <= INT_MAX;
}

static unsigned newlines(const char *first, const char *end)
{
    unsigned count = 0;
    for (; first < end; first++)
        count += *first == '\n';
    return count;
}

/* Whether a comment or string that reaches the text's end was never closed. */
static bool never_ends(const char *first, const char *end, enum token token)
{
    if (*end != '\0')
        return false;
    if (token == TOKEN_STRING) {
        const char *at = first + 1;
        while (at < end && *at != '"')
            at += at[0] == '\\' && at + 1 < end ? 2 : 1;
        return at >= end;
    }
    bool block = token == TOKEN_COMMENT && first[0] == '/' && first[1] == '*';
    return block && (end - first < 4 || end[-1] != '/' || end[-2] != '*');
}

/* Where the scan is. */
struct nesting {
    size_t depth;
    unsigned keys[NESTING_MAX]; /* of the group at each depth */
    bool in_array;
};

/* Follow brackets and count keys; false when there are too many. */
static bool follow(struct nesting *n, char c)
{
    if (c == '[' || c == ']')
        n->in_array = c == '[';
    if (c == '{' || c == '(' || c == '[') {
        if (++n->depth >= NESTING_MAX)
            return false;
        n->keys[n->depth] = 0;
    }
    if ((c == '}' || c == ')' || c == ']') && n->depth > 0)
        n->depth--;
    if (c == '=' || c == ':')
        return ++n->keys[n->depth] <= KEYS_MAX;
    return true;
}

static void append_number(const char *first, const char *end, bool in_array, struct text *ret_text)
{
    text_append_bytes(ret_text, first, (size_t) (end - first));
    if (!is_whole(first, end))
        return;
    if (in_array && !is_hexadecimal(first))
        text_append(ret_text, ".0");
    else if (!fits_int(first))
        text_append(ret_text, "L");
}

const char *option_text_mend(const char *text, struct text *ret_text, unsigned *ret_line)
{
    struct nesting nesting = { 0 };
    const char *end;
    enum token token = TOKEN_OTHER;
    *ret_line = 1;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    for (const char *at = text; *at; at = end) {
        end = end_of_token(at, &token);
        if (never_ends(at, end, token))
            return "the comment or string that starts here never ends";
        if (token == TOKEN_OTHER && !follow(&nesting, *at))
            return "there are too many brackets in brackets or keys in a group; this is no config";
        if (token == TOKEN_NUMBER)
            append_number(at, end, nesting.in_array, ret_text);
        else
            text_append_bytes(ret_text, at, (size_t) (end - at));
        *ret_line += newlines(at, end);
    }
    if (token == TOKEN_COMMENT) /* only there: errors at the end should name the last line */
        text_append(ret_text, "\n");
    return NULL;
}
