/*
 * notify.h - telling the service manager how we are
 *
 * systemd's protocol (sd_notify(3), stable since systemd 209) is one datagram of NAME=value lines
 * to the socket in $NOTIFY_SOCKET; libsystemd would be a dependency for these few lines. Without a
 * manager every function does nothing, so that programs call them without asking.
 *
 * The manager is forgiving and so are we: a datagram that cannot be sent is dropped. What must not
 * be lost is said again: the watchdog's word comes at least twice in each of its periods.
 */
#ifndef FLOORFUSE_BASE_NOTIFY_H
#define FLOORFUSE_BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/*
 * Read $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID and take them out of the environment: the
 * programs we start, PostgreSQL above all, would speak in our place. Call it first of all in main,
 * while there are no threads. Returns whether a manager listens.
 */
bool notify_init(void);

/*
 * The folder that the manager has made for this service, such as /var/lib/floorfuse/STORE.
 *   variable  "STATE_DIRECTORY" or "RUNTIME_DIRECTORY", which programs we start may read, too
 * Returns NULL when there is none.
 */
const char *notify_folder(const char *variable);

/* Up: what others may rely on is open. Also ends a reload. The words are shown by systemctl status;
 * they are cut to 255 bytes and to one line. */
void notify_ready(const char *format, ...) PRINTF_FORMAT(1, 2);

/* Only the words; the same as last time are not sent again. */
void notify_status(const char *format, ...) PRINTF_FORMAT(1, 2);

/* The config is being read again; notify_ready must follow. */
void notify_reloading(void);

/* On the way out: from here on the manager's stop timeout counts. */
void notify_stopping(void);

/* Call once a turn of the loop: says that it turns when half of the watchdog's period is over. */
void notify_turn(int64_t now_mono_ns);

#endif
