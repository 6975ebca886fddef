"""The peer: what a notebook does with scikit-learn to compare three detectors on a table.

    python notebook.py TABLE.parquet LABEL [FEATURE ...]

Ordinal categories, means for gaps, StandardScaler; IsolationForest, OneClassSVM, LocalOutlierFactor fitted and scored on
the same rows; AUC, average precision, precision and recall at the contamination threshold, as JSON.
"""

import json
import sys

import pandas as pd
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from sklearn.svm import OneClassSVM

CONTAMINATION = 0.15


def matrix(frame: pd.DataFrame):
    x = frame.copy()
    words = [c for c in x if x[c].dtype.kind not in "biuf"]
    if words:
        x[words] = OrdinalEncoder().fit_transform(x[words].astype(str))
    x = x.astype(float)
    return StandardScaler().fit_transform(x.fillna(x.mean()))


def scores(name: str, x):
    if name == "lof":
        model = LocalOutlierFactor(n_neighbors=20, contamination=CONTAMINATION, n_jobs=2)
        verdict = model.fit_predict(x)
        return -model.negative_outlier_factor_, verdict == -1
    if name == "isolation-forest":
        model = IsolationForest(contamination=CONTAMINATION, random_state=42, n_jobs=2)
    else:
        model = OneClassSVM(nu=CONTAMINATION, gamma="scale")
    model.fit(x)
    return -model.score_samples(x), model.predict(x) == -1


def main() -> None:
    path, label, *features = sys.argv[1:]
    frame = pd.read_parquet(path)
    y = frame[label].to_numpy().astype(int)
    x = matrix(frame[features] if features else frame.drop(columns=label))
    report = {}
    for name in ("isolation-forest", "one-class-svm", "lof"):
        score, verdict = scores(name, x)
        report[name] = {
            "auc": roc_auc_score(y, score),
            "average_precision": average_precision_score(y, score),
            "precision": precision_score(y, verdict, zero_division=0),
            "recall": recall_score(y, verdict, zero_division=0),
        }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
