/*
 * message.h - what camera programs tell the fusion program, as plain structs
 *
 * wire/floorfuse.proto defines the bytes; these structs are what the rest of the code sees. Floor
 * coordinates travel, and boxes; pictures never.
 */
#ifndef FLOORFUSE_WIRE_MESSAGE_H
#define FLOORFUSE_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "geom/point.h"

/* What a message is; also the kinds of replay messages on the wire and on disk. */
enum message_kind { MESSAGE_NONE, MESSAGE_FRAME, MESSAGE_HELLO, MESSAGE_HEALTH };

/* The last frame of a camera that somebody has; boot_id 0: none. */
struct wire_position {
    uint64_t boot_id, sequence;
};

/* The version of every message; a receiver refuses others with -EPROTO. */
#define MESSAGE_SCHEMA_VERSION 1

/* Bounds on what comes from outside. */
#define MESSAGE_BYTES_MAX        (1024 * 1024)
#define MESSAGE_OBSERVATIONS_MAX 4096
#define MESSAGE_APPEARANCE_MAX   1024
#define MESSAGE_CALIBRATION_MAX  (64 * 1024)
#define REPLAY_BYTES_MAX         (2 * MESSAGE_BYTES_MAX) /* a reply */
#define REPLAY_MESSAGES_MAX      16384
#define MESSAGE_TIME_MAX_US      INT64_C(9000000000000000) /* years 1684 .. 2255 */
#define MESSAGE_SEQUENCE_MAX     (UINT64_C(1) << 48)       /* 10,000 years at 1,000 a second */
#define SHA256_HEX_SIZE          65                        /* 64 hexadecimal digits and a NUL */

enum observation_class {
    OBSERVATION_PERSON = 1, /* a whole body; the floor point is its foot point */
    OBSERVATION_HEAD = 2,   /* a head; the floor point lies below it */
    OBSERVATION_JOINED = 3, /* head and body already combined by the sender */
};

/* Why a floor point is less certain than it looks; bits of observation.reasons. */
enum observation_reason {
    REASON_FOOT_CLIPPED = 1 << 0,     /* the box is cut by the picture's edge */
    REASON_FOOT_OCCLUDED = 1 << 1,    /* the feet are hidden behind something */
    REASON_HEAD_PLANE = 1 << 2,       /* placed through the head plane and the height prior */
    REASON_OUTSIDE_WALKABLE = 1 << 3, /* where nobody can walk */
};

/* Where the capture time comes from. */
enum clock_source {
    CLOCK_SOURCE_ARRIVAL = 1, /* our clock when the frame arrived */
    CLOCK_SOURCE_STREAM = 2,  /* the stream's own time (RTCP sender report) */
    CLOCK_SOURCE_FILE = 3,    /* start of the recording + frame number / fps */
};

/* Bits of observation_frame.flags. */
enum frame_flag {
    FRAME_SKIPPED_BY_GATE = 1 << 0,
    FRAME_PICTURE_SUSPICIOUS = 1 << 1, /* not to be believed: the camera counts as not looking */
};

/* One detection of one camera at one time, on the floor. */
struct observation {
    enum observation_class object_class;
    float score;                   /* 0..1 */
    struct floor_m floor;          /* m */
    struct covariance2 covariance; /* m^2, positive definite */
    struct box_px box;             /* full-frame px */
    float height_m;                /* estimated height of the person; NaN if none */
    uint32_t reasons;              /* enum observation_reason */
    int32_t body_index;            /* of a head: its body in the same frame; -1: none */
};

/* All that one camera saw in one frame; also sent when it saw nobody: an empty frame is evidence.
 */
struct observation_frame {
    char store[ID_SIZE], floor[ID_SIZE], camera[ID_SIZE];
    uint64_t boot_id;  /* random at each start of the camera program, never 0 */
    uint64_t sequence; /* from 0 in each boot, +1 a frame */
    int64_t capture_us, receive_us, publish_us; /* UTC */
    enum clock_source clock_source;
    uint32_t width, height; /* full frame, px */
    char calibration_version[SHA256_HEX_SIZE];
    char model_id[ID_SIZE];
    uint32_t model_width, model_height; /* network input, px; 0 if the engine has none */
    uint32_t flags;                     /* enum frame_flag */
    struct observation *observations;   /* owned by whoever owns the frame */
    size_t observation_count;
    /* Appearance vectors, observation_count x appearance_length, row-major; NULL when 0. */
    float *appearance;
    size_t appearance_length;
};

enum camera_state {
    CAMERA_STARTING = 1, /* no frame yet */
    CAMERA_RUNNING = 2,
    CAMERA_LOST = 3,  /* the stream broke; it is being reopened */
    CAMERA_ENDED = 4, /* a recording is over; no more frames in this boot */
};

/* After "camera x is", for people. */
const char *camera_state_words(enum camera_state state);

/*
 * Who a camera is and what it looks at. Sent when a subscriber joins, when the calibration
 * changes, every few seconds, and at the end.
 */
struct camera_hello {
    char store[ID_SIZE], floor[ID_SIZE], camera[ID_SIZE];
    uint64_t boot_id;
    uint64_t next_sequence;    /* frames 0 .. next_sequence - 1 of this boot have been published */
    uint64_t previous_boot_id; /* 0: unknown */
    uint64_t previous_next_sequence;
    int64_t publish_us;
    enum camera_state state;
    uint32_t width, height; /* full frame, px; 0 before the first frame */
    struct box_px view;     /* the part of the frame that is looked at (crop), px */
    char *calibration_text; /* the camera file; owned; at most MESSAGE_CALIBRATION_MAX */
    char calibration_version[SHA256_HEX_SIZE]; /* SHA-256 of the text */
    char engine[ID_SIZE], model_id[ID_SIZE];
    char detail[256]; /* a sentence about the state, "" if there is none */
    /* The oldest frame that the camera's ring keeps for a while, or will keep; boot_id 0: it has no
     * ring. */
    struct wire_position ring_oldest;
};

/* How a camera is doing; sent every few seconds. */
struct camera_health {
    char store[ID_SIZE], camera[ID_SIZE];
    uint64_t boot_id;
    int64_t publish_us;
    enum camera_state state;
    uint64_t frames_captured, frames_skipped, frames_published, publish_dropped, reconnects;
    uint64_t frames_rested; /* published, but the motion gate let the network rest */
    uint64_t observations;
    uint32_t picture;           /* what is wrong with it: enum picture_state; 0: nothing */
    uint64_t picture_alarms;    /* how often that became anything but 0 */
    uint64_t frames_suspicious; /* published with FRAME_PICTURE_SUSPICIOUS */
    int64_t clock_offset_us; /* the camera's clock less ours: capture times are corrected by it */
    uint64_t ring_unkept;    /* messages that the ring did not take */
    uint64_t wall_steps;     /* how often this machine's clock was found set */
    double decode_ms, detect_ms; /* mean of the frames since the boot */
};

/* Fusion asks a camera for what follows the last frame it took. */
struct replay_request {
    char store[ID_SIZE], camera[ID_SIZE];
    uint64_t request_id;        /* comes back in the reply */
    struct wire_position after; /* boot_id 0: begin with the oldest there is */
    int64_t not_before_us; /* then what was published before may be left out; UTC, 0: nothing */
};

/* A message as it was published. */
struct replay_item {
    enum message_kind kind; /* MESSAGE_FRAME or MESSAGE_HELLO */
    const void *bytes;
    size_t length; /* 1 .. MESSAGE_BYTES_MAX */
};

/* What follows, in the order it was published. */
struct replay_reply {
    char store[ID_SIZE], camera[ID_SIZE];
    uint64_t request_id;
    struct wire_position after;
    struct wire_position last; /* the last frame of the items, to ask after next; else `after` */
    bool found;    /* that frame is still known: nothing lies between it and the first item */
    bool complete; /* there is no more now */
    struct replay_item *items;
    size_t item_count; /* at most REPLAY_MESSAGES_MAX */
    void *memory;      /* of a reply that was unpacked: holds the bytes of its items */
};

/*
 * Each pack function appends the bytes of a message to freshly allocated memory.
 *   ret_bytes  the caller's to free()
 * Returns 0, -EINVAL if a field breaks a bound above, -ENOMEM.
 *
 * Each unpack function checks everything the struct promises (ids, finite numbers, positive
 * definite covariances, bounds) before it hands it over.
 * Returns 0, -EPROTO (unknown schema version), -EBADMSG (not such a message, or a broken promise;
 * the sentence names the field), -ENOMEM. Release what it filled.
 */
MUST_CHECK int observation_frame_pack(const struct observation_frame *frame, void **ret_bytes,
                                      size_t *ret_length);
MUST_CHECK int observation_frame_unpack(const void *bytes, size_t length,
                                        struct observation_frame *ret_frame, struct error *err);
void observation_frame_release(struct observation_frame *frame);

MUST_CHECK int camera_hello_pack(const struct camera_hello *hello, void **ret_bytes,
                                 size_t *ret_length);
MUST_CHECK int camera_hello_unpack(const void *bytes, size_t length, struct camera_hello *ret_hello,
                                   struct error *err);
void camera_hello_release(struct camera_hello *hello);

MUST_CHECK int camera_health_pack(const struct camera_health *health, void **ret_bytes,
                                  size_t *ret_length);
MUST_CHECK int camera_health_unpack(const void *bytes, size_t length,
                                    struct camera_health *ret_health, struct error *err);

MUST_CHECK int replay_request_pack(const struct replay_request *request, void **ret_bytes,
                                   size_t *ret_length);
MUST_CHECK int replay_request_unpack(const void *bytes, size_t length,
                                     struct replay_request *ret_request, struct error *err);

/* Items are packed as they are; unpacking checks their kind and length, not what they hold. */
MUST_CHECK int replay_reply_pack(const struct replay_reply *reply, void **ret_bytes,
                                 size_t *ret_length);
MUST_CHECK int replay_reply_unpack(const void *bytes, size_t length, struct replay_reply *ret_reply,
                                   struct error *err);
void replay_reply_release(struct replay_reply *reply); /* one that was unpacked */

#endif
