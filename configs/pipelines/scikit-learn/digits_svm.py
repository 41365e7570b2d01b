"""Support vector machines on digits: python digits_svm.py prints how well the defaults do."""

from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import accuracy_score
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

HOLD_OUT = 0.25


def make_model(kernel="rbf", C=1.0, gamma="scale", degree=3, components=None, random_state=0):
    steps = [StandardScaler()]
    if components is not None:
        steps.append(PCA(components, random_state=random_state))
    return make_pipeline(*steps, SVC(kernel=kernel, C=C, gamma=gamma, degree=degree))


def split():
    digits = load_digits()
    return train_test_split(
        digits.data, digits.target, test_size=HOLD_OUT, stratify=digits.target, random_state=0
    )


def cross_validate(folds=3, **settings):
    """Mean accuracy over folds of the training part; the hold-out is not touched."""
    features, _, labels, _ = split()
    return cross_val_score(make_model(**settings), features, labels, cv=folds).mean()


def hold_out(folds=3, **settings):
    """Accuracy on the hold-out of a model that is fitted to the whole training part."""
    features, test_features, labels, test_labels = split()
    model = make_model(**settings).fit(features, labels)
    return accuracy_score(test_labels, model.predict(test_features))


if __name__ == "__main__":
    print("cross-validation", cross_validate(), "hold-out", hold_out())
