/*
 * store_check.h - what one line of the store config's table cannot say
 */
#ifndef FLOORFUSE_CONFIG_STORE_CHECK_H
#define FLOORFUSE_CONFIG_STORE_CHECK_H

#include "config/option_lines.h"
#include "config/store_config.h"

/*
 * Check options against each other and against the machine's time zones. Works on a config that has
 * problems already (an option with a problem has its default, which may be NULL).
 *   name   the file, in sentences
 *   lines  where its keys stand
 */
void store_config_check(const struct store_config *config, const char *name,
                        const struct option_lines *lines, struct problems *problems);

/* That there are keys where sockets need some. */
void store_config_check_keys(const struct store_config *config, const char *name,
                             const struct option_lines *lines, struct problems *problems);

#endif
