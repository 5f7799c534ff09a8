"""Hold what a store serves under /metrics to the text format 0.0.4, and to the status it is made from.

metrics_check.py BEFORE.json METRICS.txt AFTER.json TABLE.md
    BEFORE and AFTER are `floorfuse status --json` from just before and after, TABLE is `floorfuse check --metrics`.
"""
import json
import math
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL}(?:,{LABEL})*)?)\}})? (\S+)\Z")


def parse(text):
    """Samples as {name: {labels: value}}, and types, or an error that names the line."""
    if not text.endswith("\n"):
        sys.exit("the last line is not ended")
    samples, types, helped, current = {}, {}, set(), None
    for number, line in enumerate(text[:-1].split("\n"), 1):
        where = f"line {number}: {line}"
        if match := re.fullmatch(rf"# HELP ({NAME}) (.+)", line):
            current = match[1]
            if current in helped:
                sys.exit(f"{where}: a second HELP; samples of a metric must stand together")
            helped.add(current)
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge)", line):
            if match[1] != current or current in types:
                sys.exit(f"{where}: TYPE does not follow HELP")
            types[current] = match[2]
        elif match := SAMPLE.match(line):
            name, labels, value = match[1], match[2] or "", float(match[match.lastindex])
            if name != current or name not in types:
                sys.exit(f"{where}: a sample outside its metric")
            key = tuple(sorted(m[:2] for m in re.findall(LABEL, labels)))
            if len({k for k, _ in key}) != len(key):
                sys.exit(f"{where}: a label twice")
            if key in samples.setdefault(name, {}):
                sys.exit(f"{where}: a sample twice")
            if math.isnan(value) or (types[name] == "counter" and value < 0):
                sys.exit(f"{where}: no count")
            samples[name][key] = value
        else:
            sys.exit(f"{where}: neither HELP, TYPE nor a sample")
    return samples, types


def leaves(node, path="", labels=()):
    """Each number of a status: its path as the table writes it, the labels of the way, the number."""
    if isinstance(node, dict):
        if path in ("refused", "database.drops"):
            for key, value in node.items():
                yield from leaves(value, f"{path}.*", labels + (("reason", key),))
            return
        if path.endswith("[]"):
            labels += tuple((k, node[k]) for k in ("camera", "floor", "camera_a", "camera_b", "source", "reason") if node.get(k))
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else key, labels)
    elif isinstance(node, list):
        for entry in node:
            yield from leaves(entry, f"{path}[]", labels)
    elif isinstance(node, (int, float)) and not isinstance(node, bool):
        yield path, labels, node


def main():
    before, after = (json.load(open(sys.argv[i], encoding="utf-8")) for i in (1, 3))
    samples, types = parse(open(sys.argv[2], encoding="utf-8").read())
    table = open(sys.argv[4], encoding="utf-8").read()
    metrics = {path: (name, kind) for name, kind, path in
               re.findall(r"^\| `(\w+)` \| (\w+) \| `([^`]+)` \|", table, re.M)}
    left_out = set(re.findall(r"^\| `([^`]+)` \| ", table, re.M)) - {n for n, _ in metrics.values()}
    later = {(path, labels): value for path, labels, value in leaves(after)}
    compared = 0
    for path, labels, value in leaves(before):
        if path in left_out:
            continue
        if path not in metrics:
            sys.exit(f"{path} of the status is no metric; add it to metrics/metric_table.c, or to what is left out")
        name, kind = metrics[path]
        if types.get(name) != kind:
            sys.exit(f"{name} is {types.get(name)}, not {kind}")
        key = tuple(sorted(labels + (("store", before["store"]),)))
        if key not in samples[name]:
            sys.exit(f"{name} has no sample with {key}")
        if kind == "counter":
            compared += 1
            if not value <= samples[name][key] <= later[path, labels]:
                sys.exit(f"{name}{key} is {samples[name][key]}, the status said {value} before and "
                         f"{later[path, labels]} after")
    print(f"{sum(map(len, samples.values()))} samples of {len(samples)} metrics; {compared} counters agree with the status")
    if compared < 20:
        sys.exit("that is too few")


main()
