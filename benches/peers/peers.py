"""Seconds of processor time of Python's packages, data in memory. python3 peers.py FOLDER >> times.csv

A task that takes longer than LIMIT seconds is given up and noted with its limit.
"""
import signal
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pyarrow.parquet as pq

warnings.filterwarnings("ignore")
folder, LIMIT = sys.argv[1], 300


def took(data, task, package, run):
    def stop(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    start = time.process_time()
    try:
        run()
        seconds = f"{time.process_time() - start:.3f}"
    except TimeoutError:
        seconds = f">{LIMIT}"
    except Exception as error:  # a package that refuses the data
        seconds = f"failed ({type(error).__name__})"
    signal.alarm(0)
    print(f"{data},{task},{package} {version(package)},{seconds}", flush=True)


for name in ["months", "continuous"]:
    d = pq.read_table(f"{folder}/{name}.parquet").to_pandas()
    t, event, group = d["time"].to_numpy(float), d["event"].to_numpy(int), d["group"].to_numpy()
    dead = event > 0
    groups = np.unique(group)
    each = [group == g for g in groups]

    from lifelines import AalenJohansenFitter, KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test

    took(name, "km", "lifelines", lambda: [KaplanMeierFitter().fit(t[g], dead[g]) for g in each])
    took(name, "logrank", "lifelines", lambda: multivariate_logrank_test(t, group, dead))
    # Of the first group and cause alone.
    took(name, "cif of one group and cause", "lifelines",
         lambda: AalenJohansenFitter(seed=1).fit(t[each[0]], event[each[0]], event_of_interest=1))

    from sksurv.compare import compare_survival
    from sksurv.nonparametric import cumulative_incidence_competing_risks, kaplan_meier_estimator
    from sksurv.util import Surv

    took(name, "km", "scikit-survival",
         lambda: [kaplan_meier_estimator(dead[g], t[g], conf_type="log-log") for g in each])
    took(name, "logrank", "scikit-survival", lambda: compare_survival(Surv.from_arrays(dead, t), group))
    took(name, "cif", "scikit-survival",
         lambda: [cumulative_incidence_competing_risks(event[g], t[g], conf_type="log-log") for g in each])

    import statsmodels.api as sm
    from statsmodels.duration.survfunc import CumIncidenceRight, survdiff

    took(name, "km", "statsmodels", lambda: [sm.SurvfuncRight(t[g], dead[g]) for g in each])
    took(name, "logrank", "statsmodels", lambda: survdiff(t, dead, group))
    took(name, "cif", "statsmodels", lambda: [CumIncidenceRight(t[g], event[g]) for g in each])

# Cox of the first million spells of the register of regressions.
d = pq.read_table(f"{folder}/regression_1000000.parquet").to_pandas()
x = ["age", "sex", "origin", "children", "region"]
d["died"] = d["event"] == 1

from lifelines import CoxPHFitter
from sksurv.linear_model import CoxPHSurvivalAnalysis

took("regression_1000000", "cox", "lifelines", lambda: CoxPHFitter().fit(d[[*x, "time", "died"]], "time", "died"))
took("regression_1000000", "cox", "scikit-survival",
     lambda: CoxPHSurvivalAnalysis(ties="efron").fit(d[x].to_numpy(float), Surv.from_arrays(d["died"], d["time"])))
