/*
 * metric_table.c - which number of a store's status is which metric
 */
#include "metrics/metric_table.h"

#include "base/macros.h"

const struct metric metric_table[] = {
    { "cameras[]", "floorfuse_camera_info", METRIC_INFO, 0, "engine|model|calibration_version",
      "What a camera works with; always 1." },
    { "cameras[].state", "floorfuse_camera_state", METRIC_STATE, 0,
      "running|starting|lost|ended|never heard", "The state a camera is in: 1, the others: 0." },
    { "cameras[].picture", "floorfuse_camera_picture", METRIC_STATE, 0,
      "good|dark|covered|washed-out|defocused|moved|frozen|dirty",
      "What a camera's picture is: 1, what it is not: 0. Nothing counts in one that is not good; "
      "dirty is a warning." },
    { "cameras[].frames_published", "floorfuse_camera_frames_published_total", METRIC_COUNTER, 0,
      NULL, "Frames that a camera numbered." },
    { "cameras[].frames_received", "floorfuse_camera_frames_received_total", METRIC_COUNTER, 0,
      NULL, "Frames of a camera that fusion has." },
    { "cameras[].frames_replayed", "floorfuse_camera_frames_replayed_total", METRIC_COUNTER, 0,
      NULL, "Frames that came late, out of the camera's ring." },
    { "cameras[].frames_from_future", "floorfuse_camera_frames_from_future_total", METRIC_COUNTER,
      0, NULL, "Frames of a time that has not been, which are left out." },
    { "cameras[].frames_missed", "floorfuse_camera_frames_missed_total", METRIC_COUNTER, 0, NULL,
      "Frames that are lost for good: the exposure of their time is lower." },
    { "cameras[].frames_rested", "floorfuse_camera_frames_rested_total", METRIC_COUNTER, 0, NULL,
      "Frames in which nothing moved, so that the network rested." },
    { "cameras[].frames_suspicious", "floorfuse_camera_frames_suspicious_total", METRIC_COUNTER, 0,
      NULL, "Frames of a picture that cannot be believed; nothing in them counts." },
    { "cameras[].picture_alarms", "floorfuse_camera_picture_alarms_total", METRIC_COUNTER, 0, NULL,
      "How often a picture became one that cannot be believed." },
    { "cameras[].observations", "floorfuse_camera_observations_total", METRIC_COUNTER, 0, NULL,
      "People and heads that a camera put on the floor." },
    { "cameras[].starts", "floorfuse_camera_starts_total", METRIC_COUNTER, 0, NULL,
      "Starts of a camera's program that fusion has seen." },
    { "cameras[].reconnects", "floorfuse_camera_reconnects_total", METRIC_COUNTER, 0, NULL,
      "How often a stream that was lost came back, since the camera's program started." },
    { "cameras[].detect_ms_per_frame", "floorfuse_camera_detect_seconds", METRIC_GAUGE, 1e-3, NULL,
      "Mean time that the network takes for a frame." },
    { "cameras[].decode_ms_per_frame", "floorfuse_camera_decode_seconds", METRIC_GAUGE, 1e-3, NULL,
      "Mean time that decoding takes for a frame." },
    { "cameras[].latency_ms.capture_to_publish.p50", "floorfuse_camera_publish_latency_p50_seconds",
      METRIC_GAUGE, 1e-3, NULL,
      "From capture until a camera published a frame: half of the frames of the last minute or two "
      "took no longer." },
    { "cameras[].latency_ms.capture_to_publish.p99", "floorfuse_camera_publish_latency_p99_seconds",
      METRIC_GAUGE, 1e-3, NULL, "The same, 99 in 100." },
    { "cameras[].latency_ms.publish_to_receive.p50", "floorfuse_camera_receive_latency_p50_seconds",
      METRIC_GAUGE, 1e-3, NULL,
      "From there until fusion had a live frame, by the two computers' clocks: half of the "
      "frames." },
    { "cameras[].latency_ms.publish_to_receive.p99", "floorfuse_camera_receive_latency_p99_seconds",
      METRIC_GAUGE, 1e-3, NULL, "The same, 99 in 100." },
    { "cameras[].clock_offset_s", "floorfuse_camera_clock_offset_seconds", METRIC_GAUGE, 0, NULL,
      "By how much the times of a camera's stream are corrected." },
    { "cameras[].computer_clock_s", "floorfuse_camera_computer_clock_seconds", METRIC_GAUGE, 0,
      NULL, "By how much the times of a camera's computer are corrected." },
    { "cameras[].wall_steps", "floorfuse_camera_wall_steps_total", METRIC_COUNTER, 0, NULL,
      "How often the clock of a camera's computer jumped." },
    { "cameras[].head_body.pairs", "floorfuse_camera_head_body_pairs_total", METRIC_COUNTER, 0,
      NULL, "Bodies that were joined to a head." },
    { "cameras[].head_body.mean_square_sigmas", "floorfuse_camera_head_body_mean_square_sigmas",
      METRIC_GAUGE, 0, NULL,
      "Mean squared disagreement of heads and bodies about the floor, in standard deviations; 2 "
      "when all is right." },
    { "cameras[].head_body.beyond_3_sigma", "floorfuse_camera_head_body_beyond_3_sigma_ratio",
      METRIC_GAUGE, 0, NULL,
      "Share of heads and bodies more than three standard deviations apart." },
    { "floors[].from", "floorfuse_floor_first_tick_timestamp_seconds", METRIC_TIME, 0, NULL,
      "Capture time of a floor's first tick." },
    { "floors[].to", "floorfuse_floor_last_tick_timestamp_seconds", METRIC_TIME, 0, NULL,
      "Capture time of a floor's last closed tick: how far fusion is." },
    { "floors[].tick_lag_s", "floorfuse_floor_tick_lag_seconds", METRIC_GAUGE, 0, NULL,
      "How far a floor's last closed tick is behind the clock." },
    { "floors[].ticks", "floorfuse_floor_ticks_total", METRIC_COUNTER, 0, NULL,
      "Ticks that were closed." },
    { "floors[].tracks", "floorfuse_floor_tracks_total", METRIC_COUNTER, 0, NULL,
      "People tracked long enough to be believed. Who comes back counts twice." },
    { "floors[].people_per_tick_mean", "floorfuse_floor_people_mean", METRIC_GAUGE, 0, NULL,
      "Mean number of people over the ticks in which a camera looked." },
    { "floors[].people_per_tick_peak", "floorfuse_floor_people_peak", METRIC_GAUGE, 0, NULL,
      "Most people in one tick." },
    { "floors[].dwell_s", "floorfuse_floor_dwell_seconds_total", METRIC_COUNTER, 0, NULL,
      "Person-seconds." },
    { "floors[].frames_late", "floorfuse_floor_frames_late_total", METRIC_COUNTER, 0, NULL,
      "Frames that came after their tick was closed, and were left out." },
    { "floors[].walkable_m2", "floorfuse_floor_walkable_square_metres", METRIC_GAUGE, 0, NULL,
      "Area where people can walk." },
    { "floors[].walkable_unseen_m2", "floorfuse_floor_walkable_unseen_square_metres", METRIC_GAUGE,
      0, NULL, "Part of it that no camera sees." },
    { "floors[].camera_pairs[].seen_by_both", "floorfuse_camera_pair_seen_total", METRIC_COUNTER, 0,
      NULL, "How often both cameras of a pair saw one person in a tick." },
    { "floors[].camera_pairs[].mean_dx_m", "floorfuse_camera_pair_mean_dx_metres", METRIC_GAUGE, 0,
      NULL, "Where camera_a puts people beside where camera_b does, mean, x." },
    { "floors[].camera_pairs[].mean_dy_m", "floorfuse_camera_pair_mean_dy_metres", METRIC_GAUGE, 0,
      NULL, "The same, y." },
    { "floors[].camera_pairs[].rms_m", "floorfuse_camera_pair_rms_metres", METRIC_GAUGE, 0, NULL,
      "Root mean square distance between where the two put one person." },
    { "times_back", "floorfuse_times_back_total", METRIC_COUNTER, 0, NULL,
      "How often fusion went back in time, for frames that came late or buckets that were "
      "dropped." },
    { "connections.admitted", "floorfuse_connections_admitted_total", METRIC_COUNTER, 0, NULL,
      "Connections with a key that is known." },
    { "connections.denied.*", "floorfuse_connections_denied_total", METRIC_COUNTER, 0, NULL,
      "Connections that were turned away, by reason." },
    { "refused.*", "floorfuse_messages_refused_total", METRIC_COUNTER, 0, NULL,
      "Messages that fusion did not take, by reason." },
    { "losses[].count", "floorfuse_losses_total", METRIC_COUNTER, 0, NULL,
      "All that was lost, refused or dropped, by source and reason; docs/delivery.md says what "
      "each "
      "means." },
    { "database.last_error", "floorfuse_database_up", METRIC_IS_EMPTY, 0, NULL,
      "1 when the last write to the database went well, 0 when it failed." },
    { "database.buckets_written", "floorfuse_database_buckets_written_total", METRIC_COUNTER, 0,
      NULL, "Heat buckets that the database has." },
    { "database.buckets_waiting", "floorfuse_database_buckets_waiting", METRIC_GAUGE, 0, NULL,
      "Heat buckets that wait, in memory or on disk." },
    { "database.buckets_dropped", "floorfuse_database_buckets_dropped_total", METRIC_COUNTER, 0,
      NULL, "Heat buckets that were dropped: lost, unless fusion went back to make them again." },
    { "database.drops.*", "floorfuse_database_drops_total", METRIC_COUNTER, 0, NULL,
      "The same by reason." },
    { "database.retries", "floorfuse_database_retries_total", METRIC_COUNTER, 0, NULL,
      "Writes that failed and were tried again." },
    { "database.roll_ups_failed", "floorfuse_database_roll_ups_failed_total", METRIC_COUNTER, 0,
      NULL, "Roll-ups that failed; hours and days are late then." },
    { "database.buckets_in_spool", "floorfuse_spool_buckets", METRIC_GAUGE, 0, NULL,
      "Heat buckets on disk that wait for the database." },
    { "database.spool_bytes", "floorfuse_spool_bytes", METRIC_GAUGE, 0, NULL,
      "Bytes of the spool in use." },
    { "database.spool_max_bytes", "floorfuse_spool_limit_bytes", METRIC_GAUGE, 0, NULL,
      "Bytes it may use: spool.max_mb." },
    { "database.oldest_waiting", "floorfuse_spool_oldest_timestamp_seconds", METRIC_TIME, 0, NULL,
      "Start of the oldest heat bucket that waits; none waits: no sample." },
    { "database.disk_error", "floorfuse_spool_writable", METRIC_IS_EMPTY, 0, NULL,
      "1 when the spool can be written, 0 when its disk is full or broken." },
};

const struct metric_left_out metric_left_out[] = {
    { "frames_published", "the sum of the cameras'" },
    { "frames_received", "the sum of the cameras'" },
    { "frames_replayed", "the sum of the cameras'" },
    { "frames_missed", "the sum of the cameras'" },
    { "observations", "the sum of the cameras'" },
    { "tracks", "the sum of the floors'" },
    { "dwell_s", "the sum of the floors'" },
};
const size_t metric_count = ARRAY_LENGTH(metric_table);
const size_t metric_left_out_count = ARRAY_LENGTH(metric_left_out);

const char *metric_type_text(const struct metric *metric)
{
    return metric->kind == METRIC_COUNTER ? "counter" : "gauge";
}

void metric_table_document(FILE *out)
{
    fputs("# Metrics\n\n"
          "Written by `floorfuse check --metrics` from the table in metrics/metric_table.c; a test "
          "holds the two together.\nThe path is where the number stands in `floorfuse status "
          "--json` ([summary.md](summary.md)). Every sample has\nthe label `store`; one of several "
          "has `camera`, `floor` or `reason` too. How to read them: "
          "[operations.md](operations.md).\n\n"
          "| metric | type | path | what |\n|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < metric_count; i++) {
        const struct metric *m = &metric_table[i];
        fprintf(out, "| `%s` | %s | `%s` | %s |\n", m->name, metric_type_text(m), m->path, m->help);
    }
    fputs("| `" METRIC_LOOP_AGE "` | gauge | | " METRIC_LOOP_AGE_HELP " |\n\n"
          "These numbers of the status are no metrics:\n\n| path | why |\n|---|---|\n",
          out);
    for (size_t i = 0; i < metric_left_out_count; i++)
        fprintf(out, "| `%s` | %s |\n", metric_left_out[i].path, metric_left_out[i].reason);
}
