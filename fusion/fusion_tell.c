/*
 * fusion_tell.c - what one floor's fusion tells its sinks of a tick
 */
#include "fusion/fusion_tell.h"

#include <errno.h>
#include <math.h>

static struct track_report report_of(const struct track *track)
{
    uint32_t cameras = track_camera_count(track);
    return (struct track_report){
        .track = track->number,
        .state = track->phase == PHASE_TENTATIVE ? TRACK_TENTATIVE
                 : cameras > 0                   ? TRACK_CONFIRMED
                                                 : TRACK_COASTING,
        .position = track->state.position,
        .covariance = track->state.position_variance,
        .velocity_x_m_s = track->state.velocity_x_m_s,
        .velocity_y_m_s = track->state.velocity_y_m_s,
        .cameras = cameras,
    };
}

int fusion_tell_tick(struct fusion *fusion, int64_t tick_us)
{
    if (!fusion->sink.tick)
        return 0;
    struct track_report *reports =
        arena_allocate(fusion->arena, fusion->tracks.count, sizeof(*reports));
    if (!reports)
        return -ENOMEM;
    struct tick_report report = { .tick_us = tick_us, .tracks = reports };
    for (size_t i = 0; i < fusion->tracks.count; i++) {
        const struct track *track = &fusion->tracks.items[i];
        if (track->phase == PHASE_LOST)
            continue;
        reports[report.track_count++] = report_of(track);
        report.confirmed_count += track->phase == PHASE_CONFIRMED;
    }
    fusion->sink.tick(fusion->sink.context, &report);
    return 0;
}

static struct evidence_track evidence_of(const struct track *track)
{
    return (struct evidence_track){ .number = track->number,
                                    .confirmed = track->phase == PHASE_CONFIRMED,
                                    .lost = track->phase == PHASE_LOST,
                                    .position = track->state.position,
                                    .velocity_x_m_s = track->state.velocity_x_m_s,
                                    .velocity_y_m_s = track->state.velocity_y_m_s,
                                    .height_m = track->height_m,
                                    .height_sd_m = sqrt(track->height_variance),
                                    .born_us = track->born_us,
                                    .seen_us = track->seen_us,
                                    .cameras = track_camera_count(track) };
}

int fusion_tell_evidence(struct fusion *fusion, int64_t tick_us, int64_t duration_us,
                         const struct tick_traces *traces)
{
    if (!fusion->sink.evidence)
        return 0;
    struct evidence_track *tracks =
        arena_take(fusion->arena, fusion->tracks.count, sizeof(*tracks));
    if (!tracks)
        return -ENOMEM;
    for (size_t i = 0; i < fusion->tracks.count; i++)
        tracks[i] = evidence_of(&fusion->tracks.items[i]);
    const struct evidence evidence = { .tick_us = tick_us,
                                       .duration_us = duration_us,
                                       .sightings = traces->sightings,
                                       .sighting_count = traces->sighting_count,
                                       .looks = traces->looks,
                                       .look_count = traces->look_count,
                                       .tracks = tracks,
                                       .track_count = fusion->tracks.count,
                                       .look_us = traces->look_us,
                                       .camera_count = fusion->cameras.count };
    fusion->sink.evidence(fusion->sink.context, &evidence);
    return 0;
}

int fusion_tell_settled(struct fusion *fusion, const struct settled_tick *tick)
{
    if (!fusion->sink.settled)
        return 0;
    struct track_report *reports =
        arena_allocate(fusion->arena, tick->person_count, sizeof(*reports));
    if (!reports)
        return -ENOMEM;
    for (size_t i = 0; i < tick->person_count; i++) {
        const struct settled_person *person = &tick->people[i];
        reports[i] =
            (struct track_report){ .track = person->track,
                                   .state = person->seen ? TRACK_CONFIRMED : TRACK_COASTING,
                                   .position = person->state.position,
                                   .covariance = person->state.position_variance,
                                   .velocity_x_m_s = person->state.velocity_x_m_s,
                                   .velocity_y_m_s = person->state.velocity_y_m_s,
                                   .cameras = person->cameras };
    }
    struct tick_report report = { .tick_us = tick->tick_us,
                                  .tracks = reports,
                                  .track_count = tick->person_count,
                                  .confirmed_count = tick->person_count };
    fusion->sink.settled(fusion->sink.context, &report);
    return 0;
}
