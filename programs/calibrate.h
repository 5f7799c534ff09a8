/*
 * calibrate.h - the subcommands of floorfuse calibrate, one calibrate_<name>.c each
 *
 * Each gets its own argv ([0] is the subcommand) and returns the exit code.
 */
#ifndef FLOORFUSE_PROGRAMS_CALIBRATE_H
#define FLOORFUSE_PROGRAMS_CALIBRATE_H

/* What to do with a camera file that has been written, for people. */
#define CALIBRATE_RELOAD_HINT "a running store takes it with: floorfuse reload --config STORE.cfg\n"

int calibrate_adopt(int argc, char **argv);
int calibrate_auto(int argc, char **argv);
int calibrate_check(int argc, char **argv);
int calibrate_fit(int argc, char **argv);
int calibrate_history(int argc, char **argv);
int calibrate_pick(int argc, char **argv);
int calibrate_import(int argc, char **argv);
int calibrate_signature(int argc, char **argv);

#endif
