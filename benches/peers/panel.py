"""Seconds and memory of other programs for panel regressions, data in memory. python3 panel.py FOLDER >> panel_times.csv

Writes the data as Parquet first, if they are not there: 564 rows with 94 units and 13 regressors, and ten million rows whose
firms are drawn at random (easy) or given to successive rows in turn (difficult). A fit that takes longer than LIMIT seconds is
given up and noted with its limit. Each runs in a process of its own, whose highest memory holds the data too. With --data alone
the data are written, and nothing is timed. Needs numpy, pandas, pyarrow, pyfixest and linearmodels.
"""
import os
import resource
import signal
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

warnings.filterwarnings("ignore")
folder, LIMIT = sys.argv[1], 900
ROWS, TIMES = int(os.environ.get("PANEL_ROWS", 10_000_000)), 10
UNITS = ROWS // TIMES
FIRMS = UNITS // 23


def write_small(path):
    rng = np.random.default_rng(564)
    n = 94 * 6
    unit, year = np.repeat(np.arange(94), 6), np.tile(np.arange(2014, 2020), 94)
    columns = {"unit": unit, "time": year}
    for k in range(1, 9):
        columns[f"x{k}"] = rng.normal(size=n)
    for later in range(2015, 2020):
        columns[f"year_{later}"] = (year == later).astype(float)
    columns["y"] = 0.2 * columns["x1"] + rng.normal(size=94)[unit] + rng.normal(size=n)
    pq.write_table(pa.table(columns), path)


def write_large(path, difficult):
    rng = np.random.default_rng(23)
    row = np.arange(ROWS, dtype=np.int64)
    unit, year = (row // TIMES).astype(np.int32), (row % TIMES).astype(np.int32)
    firm = (row % FIRMS if difficult else rng.integers(0, FIRMS, ROWS)).astype(np.int32)
    of_unit, of_firm = rng.normal(size=UNITS), rng.normal(size=FIRMS)
    a = rng.normal(size=ROWS) + 0.3 * of_firm[firm]
    b = rng.normal(size=ROWS) + 0.3 * of_unit[unit]
    y = a - 0.5 * b + of_unit[unit] + of_firm[firm] + 0.1 * year + rng.normal(size=ROWS)
    pq.write_table(pa.table({"unit": unit, "time": year, "firm": firm, "a": a, "b": b, "y": y}), path)


def took(data, task, package, run, repeat=1):
    sys.stdout.flush()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return

    def stop(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    try:
        run()  # once to compile what is compiled on first use
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(repeat):
            run()
        seconds = f"{(time.perf_counter() - wall) / repeat:.5f},{(time.process_time() - processor) / repeat:.5f}"
    except TimeoutError:
        seconds = f">{LIMIT},"
    except Exception as error:  # a package that refuses the data
        seconds = f"failed ({type(error).__name__}),"
    signal.alarm(0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{data},{task},{package} {version(package)},{seconds},{peak}", flush=True)
    os._exit(0)


def main():
    files = {"small": write_small, "easy": lambda path: write_large(path, False), "difficult": lambda path: write_large(path, True)}
    for name, write in files.items():
        if not os.path.exists(f"{folder}/panel_{name}.parquet"):
            write(f"{folder}/panel_{name}.parquet")
    if "--data" in sys.argv:
        return

    import pyfixest as pf
    from linearmodels.panel import PanelOLS
    from linearmodels.iv import AbsorbingLS

    print("data,task,program,seconds,processor_seconds,peak_mib")
    d = pq.read_table(f"{folder}/panel_small.parquet").to_pandas()
    x = [c for c in d.columns if c not in ("unit", "time", "y")]
    formula = f"y ~ {' + '.join(x)} | unit"
    took("small", "within", "pyfixest", lambda: pf.feols(formula, d, vcov="iid"), repeat=100)
    took("small", "within by clusters", "pyfixest", lambda: pf.feols(formula, d, vcov={"CRV1": "unit"}), repeat=100)
    indexed = d.set_index(["unit", "time"])
    took("small", "within", "linearmodels", lambda: PanelOLS(indexed["y"], indexed[x], entity_effects=True).fit(), repeat=100)
    took("small", "within by clusters", "linearmodels",
         lambda: PanelOLS(indexed["y"], indexed[x], entity_effects=True).fit(cov_type="clustered", cluster_entity=True), repeat=100)

    demeaners = {" (alternating)": {"demeaner": pf.MapDemeaner()}, " (within)": {"demeaner": pf.LsmrDemeaner(backend="within")}}
    for name in ["easy", "difficult"]:
        d = pq.read_table(f"{folder}/panel_{name}.parquet").to_pandas()
        for effects in ["unit", "unit + firm", "unit + firm + time"]:
            for label, options in demeaners.items():
                took(name, f"{effects}{label}", "pyfixest",
                     lambda: pf.feols(f"y ~ a + b | {effects}", d, vcov="iid", copy_data=False, store_data=False, lean=True, **options))
        indexed = d.set_index(["unit", "time"])
        took(name, "unit", "linearmodels", lambda: PanelOLS(indexed["y"], indexed[["a", "b"]], entity_effects=True).fit())
        del indexed
        for effects in [["unit", "firm"], ["unit", "firm", "time"]]:
            absorb = d[effects].apply(pd.Categorical)
            took(name, " + ".join(effects), "linearmodels", lambda: AbsorbingLS(d["y"], d[["a", "b"]], absorb=absorb).fit())


if __name__ == "__main__":
    main()
