/* stand-in until the real one comes */
#ifndef FLOORFUSE_WIRE_REPLAY_DESK_H
#define FLOORFUSE_WIRE_REPLAY_DESK_H
#include "wire/subscriber.h"
struct wire_position {
    uint64_t boot_id, sequence;
};
struct replay {
    char camera[ID_SIZE];
    struct wire_position after;
    bool found, complete;
    struct message *messages;
    size_t count;
};
#endif
