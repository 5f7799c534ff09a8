/*
 * commands.h - the subcommands of floorfuse, one cmd_<name>.c each
 *
 * Each gets its own argv ([0] is the subcommand) and returns the exit code.
 */
#ifndef FLOORFUSE_PROGRAMS_COMMANDS_H
#define FLOORFUSE_PROGRAMS_COMMANDS_H

int cmd_calibrate(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_detect(int argc, char **argv);
int cmd_evaluate(int argc, char **argv);
int cmd_evaluate_boxes(int argc, char **argv); /* cmd_evaluate with --boxes */
int cmd_export(int argc, char **argv);
int cmd_heatmap(int argc, char **argv);
int cmd_hq(int argc, char **argv);
int cmd_keys(int argc, char **argv);
int cmd_migrate(int argc, char **argv);
int cmd_model(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_psql(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_simulate(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_up(int argc, char **argv);

#endif
