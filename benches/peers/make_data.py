"""Spells for the comparison: as Parquet for programs, as plain arrays for R. python3 make_data.py FOLDER"""
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

folder = sys.argv[1]
rng = np.random.default_rng(20)


def write(name, time, event, group):
    table = pa.table({"time": time, "event": event, "dead": (event > 0).astype("int8"), "group": group})
    pq.write_table(table, f"{folder}/{name}.parquet", compression="snappy")
    time.astype("<f8").tofile(f"{folder}/{name}.time")
    event.astype("<i4").tofile(f"{folder}/{name}.event")
    group.astype("<i4").tofile(f"{folder}/{name}.group")


# A register: 2.1 million spells in whole months, 5 groups, 5 causes, a tenth censored.
n = 2_100_000
group = rng.integers(1, 6, n, dtype=np.int32)
months = np.minimum(np.ceil(rng.exponential(12 + group)), 107).astype(np.int32)
event = rng.choice(6, n, p=[0.1, 0.4, 0.2, 0.15, 0.1, 0.05]).astype(np.int8)
write("months", months, event, group)

# A million different times, two causes.
n = 1_000_000
group = rng.integers(1, 3, n, dtype=np.int32)
write("continuous", rng.exponential(10, n), rng.choice(3, n, p=[0.3, 0.5, 0.2]).astype(np.int8), group)

# Regressions: exits in whole months, two causes, five covariates of which the age is continuous, persons with up to three
# spells. The first rows of it for programs that take more than linear time.
n = 2_100_000
person = rng.integers(0, 700_000, n, dtype=np.int32)
age = rng.uniform(18, 66, n)
sex, origin, children, region = (rng.integers(0, k, n).astype("int8") for k in (2, 3, 2, 5))
risk = np.exp(-0.02 * (age - 40) + 0.2 * sex - 0.3 * (origin == 1) + 0.1 * children - 0.05 * region)
first, second = rng.exponential(12 / risk), rng.exponential(30, n)
end = rng.integers(1, 108, n)
months = np.minimum(np.ceil(np.minimum(first, second)), end).astype(np.int32)
event = np.where(np.ceil(np.minimum(first, second)) > end, 0, np.where(first < second, 1, 2)).astype(np.int8)
columns = {"time": months, "event": event, "age": age, "sex": sex, "origin": origin, "children": children,
           "region": region, "person": person}
for rows, name in [(n, "regression"), (1_000_000, "regression_1000000"), (20_000, "regression_20000"), (5_000, "regression_5000")]:
    pq.write_table(pa.table({key: column[:rows] for key, column in columns.items()}), f"{folder}/{name}.parquet")
for key, column in columns.items():
    column.astype("<f8").tofile(f"{folder}/regression.{key}")
