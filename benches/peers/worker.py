"""One process that holds the peers' libraries: a request a line in, an answer a line out.

A detector is first tried on a small table, so that imports and compilation at run time are not counted. What is
counted is learning from standardised rows and scoring them.
"""

import json
import os
import sys
import time
import warnings
from functools import lru_cache

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

JOBS = 2


@lru_cache(maxsize=1)
def table(path: str, label: str | None):
    """Standardised rows and their labels, as whis-lab prepares them: categories one-hot, means for gaps."""
    frame = pd.read_parquet(path)
    y = frame.pop(label).to_numpy().astype(int) if label else None
    frame = pd.get_dummies(frame).astype(float)
    return StandardScaler().fit_transform(frame.fillna(frame.mean()).to_numpy()), y


# Each maker takes whis-lab's parameters and a seed, and gives what maps rows to scores, higher being more anomalous.


def sklearn_isolation_forest(p, seed):
    from sklearn.ensemble import IsolationForest

    shape = {"n_estimators": p.get("trees", 100), "max_samples": p.get("sample", 256)}
    model = IsolationForest(**shape, random_state=seed, n_jobs=JOBS)
    return lambda x: -model.fit(x).score_samples(x)


def sklearn_one_class_svm(p, seed):
    from sklearn.svm import OneClassSVM

    model = OneClassSVM(nu=p.get("nu", 0.15), gamma=p.get("gamma", "scale"), tol=p.get("tolerance", 1e-3))
    return lambda x: -model.fit(x).score_samples(x)


def sklearn_lof(p, seed):
    from sklearn.neighbors import LocalOutlierFactor

    model = LocalOutlierFactor(n_neighbors=p.get("k", 20), n_jobs=JOBS)
    return lambda x: -model.fit(x).negative_outlier_factor_


def sklearn_autoencoder(p, seed):
    """A network of the same shape that learns to give back its input; what it fails to give back is the score."""
    from sklearn.neural_network import MLPRegressor

    def scores(x):
        inward = p.get("hidden") or [max(x.shape[1] // 2, 2), max(x.shape[1] // 4, 1)]
        drawn = np.random.default_rng(seed).permutation(len(x))[: p.get("rows", 10_000)]
        settings = {"max_iter": p.get("epochs", 200), "learning_rate_init": p.get("learning_rate", 1e-3)}
        settings |= {"n_iter_no_change": p.get("patience", 10), "validation_fraction": p.get("validation", 0.1) or 0.1}
        settings |= {"batch_size": min(p.get("batch", 64), len(drawn)), "early_stopping": len(drawn) >= 20}
        model = MLPRegressor(hidden_layer_sizes=inward + inward[-2::-1], random_state=seed, **settings)
        given_back = model.fit(x[drawn], x[drawn]).predict(x).reshape(x.shape)
        return ((given_back - x) ** 2).mean(axis=1)

    return scores


def isotree_isolation_forest(p, seed):
    return isotree(p, seed, 1)


def isotree_extended(p, seed):
    extension = p.get("extension")
    return isotree(p, seed, None if extension is None else extension + 1)


def isotree(p, seed, dims):
    import isotree as library

    def scores(x):
        across = min(dims or x.shape[1], x.shape[1])
        model = library.IsolationForest(
            sample_size=min(p.get("sample", 256), len(x)),
            ntrees=p.get("trees", 100),
            ndim=across,
            missing_action="fail",
            nthreads=JOBS,
            random_seed=seed,
        )
        return model.fit(x).predict(x)

    return scores


def pyod(module, name, settings):
    """A detector of PyOD: the scores of the rows it was fitted on."""

    def maker(p, seed):
        from importlib import import_module

        model = getattr(import_module(f"pyod.models.{module}"), name)(**settings(p, seed))
        return lambda x: model.fit(x).decision_scores_

    return maker


def only(p, **names):
    """PyOD's names for those of whis-lab's parameters that are there, and what they hold."""
    return {theirs: p[ours] for theirs, ours in names.items() if p.get(ours) is not None}


PEERS = {
    ("scikit-learn", "isolation-forest"): sklearn_isolation_forest,
    ("scikit-learn", "one-class-svm"): sklearn_one_class_svm,
    ("scikit-learn", "lof"): sklearn_lof,
    ("scikit-learn", "autoencoder"): sklearn_autoencoder,
    ("isotree", "isolation-forest"): isotree_isolation_forest,
    ("isotree", "extended-isolation-forest"): isotree_extended,
    ("pyod", "isolation-forest"): pyod(
        "iforest",
        "IForest",
        lambda p, seed: {"n_jobs": JOBS, "random_state": seed} | only(p, n_estimators="trees", max_samples="sample"),
    ),
    ("pyod", "one-class-svm"): pyod(
        "ocsvm", "OCSVM", lambda p, seed: {"gamma": "scale"} | only(p, nu="nu", gamma="gamma", tol="tolerance")
    ),
    ("pyod", "lof"): pyod("lof", "LOF", lambda p, seed: {"n_jobs": JOBS} | only(p, n_neighbors="k")),
    ("pyod", "knn"): pyod("knn", "KNN", lambda p, seed: {"n_jobs": JOBS} | only(p, n_neighbors="k", method="method")),
    ("pyod", "hbos"): pyod("hbos", "HBOS", lambda p, seed: only(p, n_bins="bins")),
    ("pyod", "ecod"): pyod("ecod", "ECOD", lambda p, seed: {}),
    ("pyod", "copod"): pyod("copod", "COPOD", lambda p, seed: {}),
    ("pyod", "pca"): pyod("pca", "PCA", lambda p, seed: {"random_state": seed}),
    ("pyod", "mcd"): pyod("mcd", "MCD", lambda p, seed: {"random_state": seed} | only(p, support_fraction="support")),
}


@lru_cache
def warmed_up(library, detector):
    """Tried on rows in either order in memory: what is compiled at run time is compiled for one of them."""
    rows = np.random.default_rng(0).standard_normal((300, 4))
    for ordered in (rows, np.asfortranarray(rows)):
        PEERS[library, detector]({}, 0)(ordered)


def answer(request):
    key = (request["library"], request["detector"])
    x, y = table(request["table"], request["label"])
    warmed_up(*key)
    scores = PEERS[key](request["parameters"], request["seed"])
    began = time.perf_counter()
    found = np.asarray(scores(x), dtype=float)
    taken = time.perf_counter() - began
    said = {"seconds": taken, "auc": None, "average_precision": None}
    if y is not None:
        found = np.nan_to_num(found, posinf=np.finfo(float).max)
        said |= {"auc": roc_auc_score(y, found), "average_precision": average_precision_score(y, found)}
    return said


def main():
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception as error:  # noqa: BLE001 - whatever a library raises is its answer
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    main()
