"""Times afgang and prints what others took as multiples of it. python3 table.py AFGANG FOLDER TIMES.csv"""
import csv
import os
import resource
import subprocess
import sys

program, folder, times = sys.argv[1:]
RUNS = 5
TASKS = {
    "km": ["curve", "km", "--event", "dead", "--by", "group"],
    "logrank": ["test", "logrank", "--event", "dead", "--group", "group"],
    "cif": ["curve", "cif", "--event", "event", "--by", "group"],
    "gray": ["test", "gray", "--event", "event", "--group", "group"],
}


def seconds(arguments):
    """Processor time of the best of some runs, all threads together, and wall time of that run."""
    import time

    best = None
    for _ in range(RUNS):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([program, *arguments], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = min(best or (9e9, 0), (cpu, time.perf_counter() - start))
    return best


X = ["--event", "event", "--cause", "1", "--x", "age, sex, origin, children, region"]
FITS = {
    "cox": ["fit", "cox", *X],
    "cox with clusters": ["fit", "cox", *X, "--cluster", "person"],
    "finegray": ["fit", "finegray", *X],
}
DATA = {
    "months": TASKS,
    "continuous": TASKS,
    "regression": FITS,
    "regression_1000000": FITS,
    "regression_20000": {"finegray": FITS["finegray"]},
    "regression_5000": {"finegray": FITS["finegray"]},
}

ours = {}
for data, tasks in DATA.items():
    for task, (command, kind, *rest) in tasks.items():
        out = os.path.join(folder, f"{data}_{task}.parquet")
        file = os.path.join(folder, f"{data}.parquet")
        ours[data, task] = seconds([command, kind, file, "--time", "time", *rest, "--out", out])

print("| data | task | program | processor seconds | times afgang |\n|---|---|---|---:|---:|")
for (data, task), (cpu, wall) in ours.items():
    print(f"| {data} | {task} | afgang, file to file | {cpu:.3f} (wall {wall:.3f}) | 1 |")
    for row in csv.DictReader(open(times)):
        if row["data"] == data and row["task"].split()[0] == task:
            note = row["task"].removeprefix(task)
            took = row["seconds"]
            try:
                multiple = float(took.lstrip(">")) / cpu
                ratio = f"{multiple:.0f}" if multiple >= 10 else f"{multiple:.1f}"
                ratio = f"> {ratio}" if took.startswith(">") else ratio
            except ValueError:
                ratio = "–"
            print(f"| {data} | {task} | {row['program']}{note} | {took} | {ratio} |")
