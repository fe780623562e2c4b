"""Calibrated estimates of a mean: exact where the features tell it, unbiased, and with standard errors that are those of many samples."""

import numpy as np
import pytest

from lossatlas.numerics import calibration as cal

N = 400


def population(seed=0, kind="lognormal", n=N):
    """Losses at a cell and at three anchors that resemble it, as profiles of mean one, and the sizes."""
    rng = np.random.default_rng(seed)
    base = {"lognormal": lambda: rng.lognormal(0, 1, n), "heavy": lambda: rng.pareto(1.3, n) + 0.01,
            "sparse": lambda: np.where(rng.random(n) < 0.05, rng.lognormal(1, 0.5, n), 1e-3)}[kind]()
    anchors = np.stack([base * rng.lognormal(0, 0.5, n) for _ in range(3)])
    profiles = anchors / anchors.mean(1, keepdims=True)
    losses = base * rng.lognormal(0, 0.5, n)
    return losses, profiles, cal.sizes(profiles), rng


def sampled(losses, features, size, count, rng):
    chosen = cal.order(size, rng)[:count]
    pi = cal.inclusion(size, count)[chosen]
    mean, contributions = cal.estimate(losses[chosen], pi, features[chosen], features.mean(0), len(losses))
    return mean, float(np.sqrt(cal.covariance(contributions[None], pi)[0, 0]))


@pytest.mark.parametrize("count", [1, 7, 100, 399, 400])
@pytest.mark.parametrize("kind", ["lognormal", "heavy", "sparse"])
def test_inclusion_probabilities_sum_to_the_count(count, kind):
    size = population(kind=kind)[2]
    pi = cal.inclusion(size, count)
    assert pi.sum() == pytest.approx(count, rel=1e-9) and (pi > 0).all() and (pi <= 1).all()
    order = np.argsort(size)
    assert (np.diff(pi[order]) >= -1e-12).all()
    free = pi < 1
    assert not free.any() or np.ptp(pi[free] / size[free]) < 1e-9 * (pi[free] / size[free]).max()


def test_inclusion_of_equal_sizes_and_of_one_that_counts_for_all():
    np.testing.assert_allclose(cal.inclusion(np.ones(10), 4), 0.4)
    np.testing.assert_allclose(cal.inclusion(np.ones(10), 10), 1)
    np.testing.assert_allclose(cal.inclusion(np.array([1e9, 1, 1, 1, 1]), 3), [1, 0.5, 0.5, 0.5, 0.5])


def test_samples_are_nested_and_drawn_as_often_as_they_should_be():
    _, _, size, _ = population(kind="heavy", n=60)
    orders = [cal.order(size, np.random.default_rng(seed)) for seed in range(3000)]
    assert all(sorted(order) == list(range(60)) for order in orders[:20])
    for count in (6, 30):
        often = np.mean([np.isin(np.arange(60), order[:count]) for order in orders], axis=0)
        np.testing.assert_allclose(often, cal.inclusion(size, count), atol=0.06)
    assert not np.array_equal(orders[0], orders[1])
    np.testing.assert_array_equal(cal.order(size, np.random.default_rng(3)), orders[3])


@pytest.mark.parametrize("seed", range(3))
def test_what_the_features_tell_is_estimated_without_error(seed):
    _, profiles, size, rng = population(seed)
    labels = rng.integers(3, size=N)
    features = np.column_stack([cal.classes(labels, N), profiles.T])
    losses = features @ np.array([0.1, 0.2, 0.3, 0.5, 1.0, 2.0])
    mean, error = sampled(losses, features, size, 80, rng)
    assert mean == pytest.approx(losses.mean(), rel=3e-4) and error < 3e-3 * mean, "up to the ridge"


@pytest.mark.parametrize("kind", ["lognormal", "sparse", "heavy"])
def test_estimates_are_unbiased_and_their_errors_are_those_of_many_samples(kind):
    losses, profiles, size, rng = population(5, kind)
    features = np.column_stack([cal.classes(None, N), profiles.T])
    found = np.array([sampled(losses, features, size, 100, rng) for _ in range(600)])
    miss = found[:, 0] - losses.mean()
    assert abs(miss.mean()) < 4 * miss.std() / np.sqrt(600) + 0.15 * miss.std(), "bias is small against the error"
    assert np.sqrt((found[:, 1] ** 2).mean()) > 0.7 * miss.std()
    assert np.mean(np.abs(miss) < 1.645 * found[:, 1]) > 0.8
    if kind != "sparse":  # there the size of the sample is certain among those that carry nothing, which the error bar does not know
        assert np.sqrt((found[:, 1] ** 2).mean()) < 1.3 * miss.std()
    even = [losses[rng.permutation(N)[:100]].mean() - losses.mean() for _ in range(600)]
    assert miss.std() < 0.6 * np.std(even), "better than plain sampling"


@pytest.mark.parametrize(("few", "many"), [(60, 60), (60, 150), (60, 399)])
def test_errors_of_nested_samples_go_together_as_those_of_many_samples_do(few, many):
    losses, profiles, size, rng = population(7)
    features = np.column_stack([cal.classes(None, N), profiles.T])
    others = losses * rng.lognormal(0, 0.3, N)
    missed, told = [], []
    for _ in range(800):
        order = cal.order(size, rng)
        found = []
        for values, count in ((losses, few), (others, many)):
            chosen = order[:count]
            found.append((values.mean(), *cal.estimate(values[chosen], cal.inclusion(size, count)[chosen], features[chosen],
                                                       features.mean(0), N)))
        missed.append([mean - true for true, mean, _ in found])
        told.append(cal.covariance(found[0][2][None], cal.inclusion(size, many)[order[:few]], found[1][2][None])[0, 0])
    real = np.cov(np.array(missed).T)
    assert np.mean(told) == pytest.approx(real[0, 1], rel=0.35, abs=0.05 * np.sqrt(real[0, 0] * real[1, 1]))
    assert many > 200 or real[0, 1] > 0.3 * np.sqrt(real[0, 0] * real[1, 1]), "there is something to tell"


def test_covariances_of_nested_samples_are_a_covariance():
    rng, n = np.random.default_rng(0), 50
    size = rng.lognormal(0, 1, n)
    order, counts = cal.order(size, rng), (10, 25, 40)
    parts = {m: rng.standard_normal((7, m)) for m in counts}

    def between(a, b):
        if a > b:
            return between(b, a).T
        return cal.covariance(parts[a], cal.inclusion(size, b)[order[:a]], parts[b])

    whole = np.block([[between(a, b) for b in counts] for a in counts])
    assert np.linalg.eigvalsh(whole).min() > -1e-12 and np.allclose(whole, whole.T)


def test_without_a_sample_of_all_the_error_is_none():
    losses, profiles, size, rng = population()
    features = np.column_stack([cal.classes(None, N), profiles.T])
    mean, error = sampled(losses, features, size, N, rng)
    assert mean == pytest.approx(losses.mean(), rel=1e-6) and error == 0


def test_more_features_than_examples_still_give_a_mean():
    losses, _, size, rng = population()
    features = rng.lognormal(0, 1, (N, 40))
    features /= np.sqrt((features**2).mean(0))
    mean, error = sampled(losses, features, size, 20, rng)
    assert np.isfinite(mean) and np.isfinite(error) and 0.2 < mean / losses.mean() < 5


def test_not_finite_losses_stay_so():
    losses, profiles, size, rng = population()
    features = np.column_stack([cal.classes(None, N), profiles.T])
    losses[:] = np.where(np.arange(N) % 2, losses, np.nan)
    mean, _ = sampled(losses, features, size, 100, rng)
    assert np.isnan(mean)


@pytest.mark.parametrize("shift", [-3.0, -50.0])
def test_losses_that_are_negative_are_calibrated_too(shift):
    losses, profiles, size, _ = population(1)
    features = np.column_stack([cal.classes(None, N), profiles.T])
    both = np.array([[sampled(losses, features, size, 100, np.random.default_rng(k))[0] + shift,
                      sampled(losses + shift, features, size, 100, np.random.default_rng(k))[0]] for k in range(100)])
    miss = both - (losses.mean() + shift)
    assert miss[:, 1].std() < 1.3 * miss[:, 0].std(), "a constant added to all losses, which is a feature, changes no error"


def test_what_is_left_unexplained_is_the_error_of_a_sample():
    losses, profiles, size, rng = population(2)
    features = np.column_stack([cal.classes(None, N), profiles.T])
    expected = cal.unexplained(losses, features, size, 100)
    misses = [sampled(losses, features, size, 100, rng)[0] - losses.mean() for _ in range(500)]
    assert expected == pytest.approx(np.std(misses), rel=0.2)
    assert cal.unexplained(losses, features, size, N) == 0
    assert cal.unexplained(features @ np.ones(4), features, size, 100) < 2e-2 * expected


def test_classes_are_columns_of_mean_square_one():
    labels = np.array([3, 3, 7, 7, 7, -100])
    columns = cal.classes(labels, 6)
    assert columns.shape == (6, 3)
    np.testing.assert_allclose((columns**2).mean(0), 1)
    np.testing.assert_array_equal(columns > 0, labels[:, None] == np.array([-100, 3, 7]))
    np.testing.assert_array_equal(cal.classes(None, 4), np.ones((4, 1)))
