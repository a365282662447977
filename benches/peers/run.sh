#!/usr/bin/env bash
# Times afgang, from the Parquet file to the written answer, beside other programs with the data already in memory; prints a
# table of ratios. Needs R with survival and cmprsk, and a Python with numpy, pyarrow, pandas, lifelines,
# scikit-survival and statsmodels.
#   PYTHON=venv/bin/python benches/peers/run.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?a folder for the data}
python=${PYTHON:-python3}
mkdir -p "$folder"
cargo build --release --quiet --manifest-path "$here/../../Cargo.toml"
target=$(cargo metadata --format-version 1 --no-deps --manifest-path "$here/../../Cargo.toml" | "$python" -c 'import json,sys; print(json.load(sys.stdin)["target_directory"])')
"$python" "$here/make_data.py" "$folder"
times=$folder/times.csv
echo "data,task,program,seconds" > "$times"
Rscript "$here/peers.R" "$folder" >> "$times"
"$python" "$here/peers.py" "$folder" >> "$times"
"$here/survival_crate.sh" "$folder" >> "$times"
"$python" "$here/table.py" "$target/release/afgang" "$folder" "$times"
