#!/usr/bin/env bash
# Times panel regressions of ten million rows with one, two and three absorbed effects, on designs whose firms are drawn at
# random (easy) and in turn (difficult): afgang from the Parquet file to the written answer, in one pass and with the rows in
# memory, beside pyfixest and linearmodels with the data already in memory. Writes FOLDER/panel_times.csv and prints a table of
# seconds and of highest memory. Needs a Python with numpy, pandas, pyarrow, pyfixest and linearmodels, and about 16 GB.
#   PYTHON=venv/bin/python benches/peers/panel.sh FOLDER
# PANEL_ROWS=1000000 makes smaller data; AFGANG=target/release/afgang takes a program that is built already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?a folder for the data}
python=${PYTHON:-python3}
mkdir -p "$folder"
if [ -z "${AFGANG:-}" ]; then
    cargo build --release --quiet --manifest-path "$here/../../Cargo.toml"
    metadata=$(cargo metadata --format-version 1 --no-deps --manifest-path "$here/../../Cargo.toml")
    AFGANG=$("$python" -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])' <<< "$metadata")/release/afgang
fi
"$python" "$here/panel.py" "$folder" --data
times=$folder/panel_times.csv
echo "data,task,program,seconds,processor_seconds,peak_mib" > "$times"
timed() { # data, task, program, options
    "$python" - "$times" "$1" "$2" "$3" "$AFGANG" fit panel "$folder/panel_$1.parquet" --y y --x a,b --unit unit --time time \
        --out "$folder/panel_fit.json" "${@:4}" <<'EOF'
import os, subprocess, sys, time
times, data, task, program, *command = sys.argv[1:]
start = time.perf_counter()
run = subprocess.Popen(command)
_, status, usage = os.wait4(run.pid, 0)
seconds = f"{time.perf_counter() - start:.3f},{usage.ru_utime + usage.ru_stime:.3f}" if status == 0 else "failed,"
with open(times, "a") as file:
    file.write(f"{data},{task},{program},{seconds},{usage.ru_maxrss // 1024}\n")
EOF
}
for data in easy difficult; do
    timed $data unit "afgang in one pass" --streaming always
    timed $data unit afgang --streaming never
    timed $data "unit + firm" afgang --effects unit,firm
    timed $data "unit + firm + time" afgang --effects unit,firm,time
done
"$python" "$here/panel.py" "$folder" | tail -n +2 >> "$times"
"$python" - "$times" <<'EOF'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
print("| data | effects | program | seconds | processor seconds | highest memory, MiB |\n|---|---|---|---:|---:|---:|")
for row in sorted(rows, key=lambda row: (row["data"], len(row["task"].split(" (")[0]))):
    print("| " + " | ".join(row[key] or "" for key in ("data", "task", "program", "seconds", "processor_seconds", "peak_mib")) + " |")
EOF
