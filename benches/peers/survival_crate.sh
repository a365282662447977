#!/usr/bin/env bash
# Times the Rust crate `survival` on the data that make_data.py has made; a task that takes longer than LIMIT seconds is given up
# and noted with its limit.
#   benches/peers/survival_crate.sh FOLDER >> FOLDER/times.csv
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?the folder with the data}
limit=${LIMIT:-300}
cargo build --release --quiet --manifest-path "$here/survival_crate/Cargo.toml"
peer=${CARGO_TARGET_DIR:-$here/survival_crate/target}/release/survival-crate-peer
took() {
  local code=0
  timeout "$limit" "$peer" "$folder" "$1" "$2" || code=$?
  if [ "$code" = 124 ]; then
    echo "$1,$2,crate survival 2.0.0,>$limit"
  elif [ "$code" != 0 ]; then
    echo "$1,$2,crate survival 2.0.0,failed (exit $code)"
  fi
}
for data in months continuous; do
  for task in km logrank cif; do took "$data" "$task"; done
done
for data in regression regression_1000000; do took "$data" cox; done
