#!/usr/bin/env python3
"""Samples of a store that runs for long, and what they say.

soak.py sample FLOORFUSE RUN CSV          once a second until SIGTERM; RUN has store.cfg, fusion.pid and state
soak.py judge CSV STATUS FAULTS PUBLISHED FACTS MISSED BEHIND     JSON on stdout; ends with 1 unless all is well

Memory is flat when the straight line through the second half of its samples rises by no more than GROWTH_MB over that
half. So a run of ten minutes sees a leak of 24 MB an hour, and one of a day a leak of 0.17. Ticks keep up when the p99 of
their lag in the last quarter is not more than LAG_MS above that of the first. The first tenth is left out: stores fill.
"""
import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time

GROWTH_MB = 2.0
LAG_MS = 250.0
LEAST_S = 120  # a shorter half says nothing of memory
COLUMNS = ["second", "pid", "rss_kb", "peak_kb", "status_ms", "tick_lag_ms", "receive_ms", "spool_buckets", "spool_bytes",
           "ring_bytes", "received", "missed", "buckets_written"]


def memory_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return [int(fields[key].split()[0]) for key in ("VmRSS", "VmHWM")]


def ring_bytes(run):
    return sum(os.stat(os.path.join(folder, name)).st_size
               for folder, _, names in os.walk(f"{run}/state/ring") for name in names)


def sample(floorfuse, run, began):
    now = time.monotonic()
    text = subprocess.run([floorfuse, "status", "--config", f"{run}/store.cfg", "--json"],
                          capture_output=True, check=True).stdout
    status_ms = (time.monotonic() - now) * 1000
    status = json.loads(text)
    pid = int(open(f"{run}/fusion.pid").read())
    lags_s = [floor["tick_lag_s"] for floor in status["floors"] if floor["tick_lag_s"] is not None]
    receive_ms = [camera["latency_ms"]["publish_to_receive"]["p99"] for camera in status["cameras"]]
    database = status["database"]
    return [round(now - began, 3), pid, *memory_kb(pid), round(status_ms, 1), max(lags_s) * 1000 if lags_s else "",
            max((ms for ms in receive_ms if ms is not None), default=""), database["buckets_in_spool"], database["spool_bytes"], ring_bytes(run), status["frames_received"],
            status["frames_missed"], database["buckets_written"]]


def take_samples(floorfuse, run, path):
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    began = time.monotonic()
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        while not over.wait(1 - (time.monotonic() - began) % 1):
            try:
                rows.writerow(sample(floorfuse, run, began))
            except (subprocess.CalledProcessError, OSError, KeyError, ValueError) as error:
                print(error, file=sys.stderr)  # fusion is away; the row is left out
            file.flush()


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def slope(points):
    """Of the straight line through (x, y): least squares."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    square = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / square if square else 0.0


def judge(path, status_path, faults, published, facts, missed, behind_s):
    with open(path) as file:
        rows = [{key: float(value) for key, value in row.items() if value != ""} for row in csv.DictReader(file)]
    with open(status_path) as file:
        status = json.load(file)
    end = rows[-1]["second"]
    rows = [row for row in rows if row["second"] >= end / 10]
    begin = rows[0]["second"]
    half = [row for row in rows if row["second"] >= (begin + end) / 2]
    mb_per_s = slope([(row["second"], row["rss_kb"] / 1024) for row in half])
    growth_mb = mb_per_s * (half[-1]["second"] - half[0]["second"])
    lags = [[row["tick_lag_ms"] for row in rows
             if "tick_lag_ms" in row and low <= (row["second"] - begin) / (end - begin) <= high]
            for low, high in ((0, 0.25), (0.75, 1))]
    first, last = ({"p50": quantile(lag, 0.5), "p99": quantile(lag, 0.99)} for lag in lags)
    judged = faults == "no"  # a new process has other memory; cameras that were killed go on later than they were
    received = sum(camera["frames_received"] for camera in status["cameras"])
    verdicts = {
        "nothing_lost": received == published == facts and missed == 0 and status["frames_missed"] == 0,
        "memory_flat": growth_mb <= GROWTH_MB if judged and end / 2 >= LEAST_S else None,
        "ticks_keep_up": last["p99"] <= first["p99"] + LAG_MS if judged else None,
        "cameras_keep_up": behind_s < 1 if judged else None,
    }
    print(json.dumps({
        "seconds": end, "samples": len(rows), "faults": faults,
        "frames": {"published": published, "received": received, "missed": status["frames_missed"],
                   "in_database": facts, "missed_in_database": missed},
        "fusion_starts": len({row["pid"] for row in rows}), "times_back": status["times_back"],
        "rss_mb": {"first": rows[0]["rss_kb"] / 1024, "last": rows[-1]["rss_kb"] / 1024,
                   "peak": max(row["peak_kb"] for row in rows) / 1024, "slope_second_half_mb_per_h": mb_per_s * 3600,
                   "growth_second_half_mb": growth_mb, "growth_bound_mb": GROWTH_MB},
        "tick_lag_ms": {"first_quarter": first, "last_quarter": last, "bound_ms": LAG_MS},
        "status_ms": {"p50": quantile([r["status_ms"] for r in rows], 0.5),
                      "p99": quantile([r["status_ms"] for r in rows], 0.99)},
        "worst_receive_p99_ms": max((row["receive_ms"] for row in rows if "receive_ms" in row), default=None),
        "spool_buckets_peak": max(row["spool_buckets"] for row in rows),
        "ring_mb": {"first": rows[0]["ring_bytes"] / 1e6, "last": rows[-1]["ring_bytes"] / 1e6},
        "cameras_behind_s": behind_s, "verdicts": verdicts,
        "verdict": "flat" if all(v is not False for v in verdicts.values()) else "not flat",
    }, indent=2, default=float))
    return all(v is not False for v in verdicts.values())


if sys.argv[1] == "sample":
    take_samples(*sys.argv[2:5])
else:
    sys.exit(not judge(*sys.argv[2:5], *(int(n) for n in sys.argv[5:8]), float(sys.argv[8])))
