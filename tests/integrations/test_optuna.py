"""Studies of the real Optuna: measures as values, constraints and pruners, and the study as a Dataset in memory and on disk."""

import math
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from integrated import WITHOUT, make

import lossatlas as la
from lossatlas.errors import InputError, StoreError
from lossatlas.figures.figure import Line, Points
from lossatlas.measures.hessian import lambda_max

optuna = pytest.importorskip("optuna", reason=WITHOUT)

from lossatlas.integrations.optuna import BoundPruner, Reporter, constraint, curves, report, study_dataset, value  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.WARNING)


def trained(objective, rate: float, steps: int = 30, hooks=()):
    return la.fit(objective.training(), optimizer=partial(torch.optim.SGD, lr=rate), steps=steps, seed=0, hooks=hooks).point


def searched(objective_of, *, trials: int = 6, **options) -> optuna.Study:
    study = optuna.create_study(study_name="study", **{"sampler": optuna.samplers.RandomSampler(seed=0), **options})
    study.optimize(objective_of, n_trials=trials)
    return study


# ---- values -------------------------------------------------------------------------------------------------------


def test_a_measure_by_name_is_the_number_of_the_library_and_is_kept_with_what_stands_beside_it(objective):
    trial = optuna.trial.FixedTrial({})
    alone = lambda_max(objective)
    assert value(trial, objective) == alone.value == trial.user_attrs["lambda_max"]
    assert trial.user_attrs["lambda_max_low"] < alone.value < trial.user_attrs["lambda_max_high"]
    assert trial.user_attrs["lambda_max_converged"] == 1.0
    probe = la.probes.loss(objective)(objective.point())
    assert value(trial, objective, measure="loss", name="train_loss") == float(probe["loss"])
    assert trial.user_attrs["train_loss_stderr"] == float(probe["loss_stderr"])
    assert value(trial, objective, measure="accuracy") == float(probe["accuracy"])


def test_any_probe_measure_or_function_is_a_measure(objective):
    trial = optuna.trial.FixedTrial({})
    point = trained(objective, 0.1)
    probe = la.probes.curvature(objective)
    low = value(trial, objective, point, measure=probe, quantity="lambda_min")
    assert low == float(probe(point)["lambda_min"]) and trial.user_attrs["lambda_max"] > low
    sam = partial(la.measures.sam, rho=0.1)
    assert value(trial, objective, point, measure=sam) == sam(objective, point=point).value
    assert trial.user_attrs["sam_converged"] == 1.0
    assert value(trial, objective, point, measure=lambda o, point: {"norm": point["0.weight"].norm(), "two": 2}, quantity="two") == 2.0
    here = value(trial, objective, point, measure=lambda o, point: la.sharpness(o, point=point).sharpness, name="filterwise")
    assert here > 0 and trial.user_attrs["filterwise"] == here


@pytest.mark.parametrize(("options", "words"), [
    ({"measure": "lamda_max"}, "did you mean 'lambda_max'"), ({"measure": "loss", "quantity": "los"}, "expected one of loss, loss_stderr"),
    ({"measure": lambda o, point: "flat"}, "answered no single numbers"), ({"measure": lambda o, point: {}}, "answered no single numbers")])
def test_what_cannot_be_measured_is_refused(objective, options, words):
    with pytest.raises(InputError, match=words):
        value(optuna.trial.FixedTrial({}), objective, **options)


def test_what_has_not_converged_warns_and_nan_fails_the_trial(objective):
    trial = optuna.trial.FixedTrial({})
    with pytest.warns(UserWarning, match="trial 0: lambda_max = .* has not converged"):
        value(trial, objective, measure=la.probes.curvature(objective, tol=1e-6, steps=2))
    broken = {name: torch.full_like(t, math.nan) for name, t in objective.point().items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = searched(lambda trial: value(trial, objective, broken, measure="loss"), trials=1)
    assert study.trials[0].state.name == "FAIL" and math.isnan(study.trials[0].user_attrs["loss"])


# ---- constraints --------------------------------------------------------------------------------------------------


def test_constraints_keep_the_sharp_out_of_the_best_and_samplers_obey(objective):
    def one(trial):
        rate = trial.suggest_float("lr", 0.0, 1.0)
        constraint(trial, "rate", rate, upper=0.4, lower=0.1)
        return -rate

    study = searched(one, trials=30, sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=5))
    rates = np.array([trial.params["lr"] for trial in study.trials])
    inside = (rates >= 0.1) & (rates <= 0.4)
    assert study.best_params["lr"] == rates[inside].max() and not inside.all()
    assert inside[15:].mean() > inside[:5].mean()  # it learned where the bounds are
    ds = study_dataset(study)
    assert np.array_equal(ds["feasible"].values, inside)
    expected = np.maximum((rates - 0.4) / 0.4, (0.1 - rates) / 0.1)
    assert np.allclose(ds["constraint_rate"], expected)
    assert np.array_equal(ds["best"].values, [min((-r for r, good in zip(rates[: k + 1], inside[: k + 1], strict=True) if good),
                                                  default=math.nan) for k in range(30)], equal_nan=True)


def test_a_constraint_of_nan_is_broken_and_one_without_bounds_refused():
    trial = optuna.trial.FixedTrial({})
    assert not constraint(trial, "sharp", math.nan, upper=1.0) and trial.constraints["sharp"] == math.inf
    with pytest.raises(InputError, match="expected an upper one, a lower one, or both"):
        constraint(trial, "other", 1.0)
    with pytest.raises(InputError, match="bounds of 'other'"):
        constraint(trial, "other", 1.0, lower=2.0, upper=1.0)


# ---- pruners ------------------------------------------------------------------------------------------------------


def test_a_hook_reports_what_offline_probes_say_and_training_is_the_same_to_the_bit(objective):
    seen, plain = {}, trained(objective, 0.5)

    def one(trial):
        keep = lambda step, point, state: seen.update({step: {name: t.detach().clone() for name, t in point.items()}})  # noqa: E731
        end = trained(objective, 0.5, hooks=[Reporter(trial, objective, every=10, measures=("lambda_max", "asam")), keep])
        assert all(torch.equal(end[name], plain[name]) for name in plain)
        return 0.0

    study = searched(one, trials=1)
    ds = study_dataset(study).sel(trial=0)
    assert ds["step"].values.tolist() == [10, 20, 30]
    for step in (10, 20, 30):
        assert float(ds["intermediate"].sel(step=step)) == float(la.probes.loss(objective)(seen[step])["loss"])
        assert float(ds["intermediate_lambda_max"].sel(step=step)) == lambda_max(objective, point=seen[step]).value


def test_trials_beyond_a_bound_or_without_a_number_are_stopped():
    sharp = {0: [1, 1, 9, 9], 1: [1, 9, 1, 9], 2: [1, 1, math.nan, 1], 3: [1, 1, 1, 1], 4: [9, 9, 9, 9]}

    def one(trial):
        for step, number in enumerate(sharp[trial.number]):
            if report(trial, step, float(trial.number), {"sharpness": number}):
                raise optuna.TrialPruned
        return 1.0

    def ends(pruner):
        study = searched(one, trials=5, pruner=pruner)
        return [(trial.state.name, trial.last_step) for trial in study.trials]

    assert ends(BoundPruner({"sharpness": 5.0})) == [("PRUNED", 2), ("PRUNED", 1), ("PRUNED", 2), ("COMPLETE", 3), ("PRUNED", 0)]
    assert ends(BoundPruner({"sharpness": 5.0}, patience=2)) == [
        ("PRUNED", 3), ("COMPLETE", 3), ("PRUNED", 2), ("COMPLETE", 3), ("PRUNED", 1)]
    assert ends(BoundPruner({"sharpness": 5.0}, warmup=2))[4] == ("PRUNED", 2)
    assert ends(BoundPruner({"value": (None, 2.0)})) == [("COMPLETE", 3)] * 3 + [("PRUNED", 0)] * 2
    assert ends(BoundPruner({"value": (3.5, None)}))[3:] == [("PRUNED", 0), ("COMPLETE", 3)]
    other = optuna.pruners.ThresholdPruner(upper=2.5)
    assert [state for state, _ in ends(BoundPruner({"value": 100.0}, then=other))] == ["COMPLETE"] * 3 + ["PRUNED"] * 2


@pytest.mark.parametrize(("factory", "threshold"), [
    (partial(torch.optim.SGD, lr=0.5), 2 / 0.5), (partial(torch.optim.SGD, lr=0.5, momentum=0.9), 3.8 / 0.5),
    (partial(torch.optim.SGD, lr=0.5, momentum=0.9, nesterov=True), 3.8 / 2.8 / 0.5)])
def test_stability_is_the_sharpness_over_the_optimizers_own_threshold(objective, factory, threshold):
    end, seen = {}, {}

    def keep(step, point, state):
        if step == 4:
            end.update({name: tensor.detach().clone() for name, tensor in point.items()})

    def one(trial):
        hooks = [Reporter(trial, objective, every=4, measures=("stability",)), keep]
        la.fit(objective.training(), optimizer=factory, steps=4, seed=0, hooks=hooks)
        seen.update(trial.user_attrs)
        return 0.0

    searched(one, trials=1)
    assert seen["lossatlas:stability@4"] == pytest.approx(lambda_max(objective, point=end).value / threshold, rel=0.02)


def test_training_past_the_edge_of_stability_is_stopped_and_unknown_optimizers_are_refused(objective):
    def one(trial):
        hook = Reporter(trial, objective, every=3, measures=("stability",))
        factory = torch.optim.Adagrad if trial.number == 2 else partial(torch.optim.SGD, lr=[0.01, 30.0][trial.number])
        la.fit(objective.training(), optimizer=factory, steps=9, seed=0, hooks=[hook])
        return 0.0

    study = searched(one, trials=2, pruner=BoundPruner({"stability": 1.0}))
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED"]
    with pytest.raises(InputError, match="no stability threshold is known for Adagrad; measure lambda_max instead"):
        study.optimize(one, n_trials=1)


def test_a_diverging_network_is_stopped_early_and_a_bound_of_nothing_reported_is_an_error(objective):
    def one(trial):
        rate = [0.05, 60.0][trial.number]
        trained(objective, rate, hooks=[Reporter(trial, objective, every=5, measures=("lambda_max",))])
        return 0.0

    study = searched(one, trials=2, pruner=BoundPruner({"value": 5.0}))
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED"] and study.trials[1].last_step < 30
    with pytest.raises(InputError, match="'sharpness', which trial 0 has not reported; it reported value, lambda_max"):
        searched(one, trials=1, pruner=BoundPruner({"sharpness": 1.0}))


@pytest.mark.parametrize(("make_it", "words"), [
    (lambda: BoundPruner({}), "expected measures and their upper bounds"), (lambda: BoundPruner({"a": 1.0}, patience=0), "patience is 0"),
    (lambda: BoundPruner({"a": (2.0, 1.0)}), "bounds of 'a'"), (lambda: Reporter(None, make(), every=0), "every is 0"),
    (lambda: Reporter(None, make(), measures=("sharp",)), "measure is 'sharp'"),
    (lambda: study_dataset(3), "expected an optuna.Study"),
    (lambda: study_dataset(optuna.create_study(study_name="n")), "'n' has no trials")])
def test_wrong_options_are_refused(make_it, words):
    with pytest.raises(InputError, match=words):
        make_it()


# ---- the known case -----------------------------------------------------------------------------------------------


def test_told_the_sharpness_the_search_ranks_otherwise_than_by_validation_loss_and_hotter_is_flatter():
    """B5 on digits with noisy labels: at one rate the small batch ends flatter, the large one with the lower validation loss.

    So each of four seeds does, by more than three standard errors; after half as many epochs not every one.
    """
    source = la.zoo.read("digits")
    train, held_out = (la.zoo.prepare(part, mean=source.mean, std=source.std, scale=source.scale) for part in (source.train, source.test))

    def one(trial):
        batch = trial.suggest_categorical("batch", [16, 128])
        objective = la.Objective.from_module(la.zoo.build("digits_mlp", seed=0), train, "cross_entropy", batch_size=batch)
        noisy = objective.corrupt("random_labels", 0.2, seed=0)
        sgd = partial(torch.optim.SGD, lr=0.1, momentum=0.9)
        end = la.fit(noisy.training(), optimizer=sgd, steps=25 * len(noisy.data), seed=0).point
        whole = noisy.with_data(noisy.data, batch_size=1000)
        return value(trial, objective.with_data(held_out), end, measure="loss"), value(trial, whole, end)

    sampler = optuna.samplers.GridSampler({"batch": [16, 128]}, seed=0)
    ds = study_dataset(searched(one, trials=2, directions=["minimize"] * 2, sampler=sampler), names=("loss", "lambda_max"))
    ds = ds.sortby("param_batch")
    assert ds["loss"][0] > ds["loss"][1] + 2 * ds["loss_stderr"][1] and ds["lambda_max"][0] < 0.7 * ds["lambda_max"][1]
    assert ds["pareto"].values.tolist() == [True, True] and ds["pareto"].dtype == bool  # so both aims matter


# ---- the study as a result ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study() -> optuna.Study:
    def one(trial):
        rate, kind = trial.suggest_float("opt/lr", 0.01, 1.0, log=True), trial.suggest_categorical("optimizer", ["sgd", "adam", None])
        batch = trial.suggest_categorical("batch", [16, 64])
        if kind == "sgd":
            trial.suggest_float("momentum", 0, 1)
        trial.set_user_attr("machine", "a" if trial.number % 2 else "b")
        trial.set_user_attr("sharp", rate * batch)
        trial.set_user_attr("sharp_stderr", 0.1)
        trial.set_user_attr("value", 7)
        trial.set_user_attr("list", [1, 2])
        trial.report(rate, 10)
        if trial.number == 3:
            raise optuna.TrialPruned
        if trial.number == 4:
            return math.nan
        return rate

    return searched(one, trials=8)


def test_a_study_is_a_scan_over_its_trials(study):
    ds = study_dataset(study)
    assert ds.attrs["kind"] == "scan" and ds["trial"].values.tolist() == list(range(8))
    for trial in study.trials:
        row = ds.sel(trial=trial.number)
        assert float(row["param_opt_lr"]) == trial.params["opt/lr"] and float(row["param_batch"]) == trial.params["batch"]
        assert ds.attrs["choices"]["param_optimizer"][int(row["param_optimizer"])] == str(trial.params["optimizer"])
        assert math.isnan(row["param_momentum"]) == ("momentum" not in trial.params)
        assert ds.attrs["choices"]["state"][int(row["state"])] == trial.state.name.lower()
        assert ds.attrs["choices"]["machine"][int(row["machine"])] == trial.user_attrs["machine"]
        assert float(row["duration"]) == trial.duration.total_seconds()
        assert float(row["intermediate"].sel(step=10)) == trial.params["opt/lr"]
        finished = trial.state.name == "COMPLETE"
        assert float(row["value"]) == trial.value if finished else math.isnan(row["value"])
    assert (ds["user_value"] == 7).all() and "list" not in ds and ds["duration"].attrs["units"] == "s"
    assert ds.attrs["panels"] == ["value", "sharp"] and ds.attrs["best_trials"] == [study.best_trial.number]
    assert "6 of 8 trials have values; 1 pruned, 1 failed" in ds.attrs["notes"][0] and "list" in ds.attrs["notes"][1]
    assert ds["best"].values[-1] == study.best_value and ds["param_opt_lr"].attrs["long_name"] == "opt/lr"


def test_it_is_the_same_on_disk_where_plot_info_and_open_find_it(study, tmp_path: Path):
    ds = study_dataset(study, store=tmp_path / "out.zarr/search")
    again = la.open(tmp_path / "out.zarr/search").drop_vars([name for name in la.open(tmp_path / "out.zarr") if name.startswith("center_")])
    xr.testing.assert_identical(ds.drop_attrs(deep=False), again.drop_attrs(deep=False))
    assert again.attrs["choices"] == ds.attrs["choices"]
    with pytest.raises(StoreError, match="holds a result already"):
        study_dataset(study, store=tmp_path / "out.zarr/search")
    from lossatlas.cli import run

    assert run(["plot", str(tmp_path / "out.zarr"), "-o", str(tmp_path / "a.svg")]) == 0
    assert run(["info", str(tmp_path / "out.zarr")]) == 0
    assert (tmp_path / "a.svg").stat().st_size > 10_000


def test_figures_draw_it_with_words_on_axes_and_the_best_marked(study):
    ds = study_dataset(study)
    figure = la.figures.auto(ds)
    assert figure == la.figures.scan(ds) == la.figures.study(ds)
    rows, columns = 2, figure.columns
    assert len(figure.panels) == rows * columns and columns == 2 + 4
    first = figure.panels[0]
    done = np.isfinite(ds["value"].values)
    assert np.array_equal(first.find(Points)[0].y, ds["value"].values[done]) and np.array_equal(first.find(Line)[0].y, ds["best"])
    assert first.find(Points)[-1].marker == "star" and first.find(Points)[-1].x.tolist() == ds.attrs["best_trials"]
    assert [panel.x.label for panel in figure.panels[:columns]] == ["trial", "sharp", "opt/lr", "optimizer", "batch", "momentum"]
    assert figure.panels[3].x.tick_labels == ("sgd", "adam", "None") and figure.panels[4].x.ticks == (16.0, 64.0)
    assert "Largest standard error of the sharp: 0.1" in figure.caption and "RandomSampler: value as small as can be" in figure.caption
    state = la.figures.scan(ds, quantities="state").panels[0]
    assert state.y.tick_labels == ("running", "complete", "pruned", "fail", "waiting")
    with pytest.raises(InputError, match="expected what study_dataset returned"):
        la.figures.study(xr.Dataset({"loss": ("radius", [1.0])}, {"radius": [1.0]}, {"kind": "scan"}))


def test_a_search_that_runs_or_failed_altogether_is_drawn_without_values(tmp_path: Path):
    study = optuna.create_study(study_name="young", directions=["minimize", "maximize"])
    study.ask().suggest_float("lr", 0.1, 1.0)
    study.enqueue_trial({"lr": 0.5})
    broken = study.ask()
    study.tell(broken, state=optuna.trial.TrialState.FAIL)
    ds = study_dataset(study)
    assert np.isnan(ds["value_0"]).all() and not ds["pareto"].any() and ds.attrs["best_trials"] == []
    assert [ds.attrs["choices"]["state"][int(state)] for state in ds["state"]] == ["running", "fail"]
    la.figures.auto(ds).save(tmp_path / "a.svg")
    assert "0 of 2 trials have values; 1 running, 1 failed" in la.figures.auto(ds).caption
    with pytest.raises(InputError, match=r"names is .*; expected 2, one per objective"):
        study_dataset(study, names=("loss",))


def test_what_trials_reported_are_curves(study):
    found = curves(study_dataset(study))
    assert list(found) == [f"trial {k}" for k in range(8)] and found["trial 2"].attrs["kind"] == "trajectory"
    assert len(la.figures.trajectory(found).panels[0].find(Line)) == 8
    assert list(curves(study_dataset(study), [1])) == ["trial 1"]
    with pytest.raises(InputError, match=r"trials \[99\] reported nothing"):
        curves(study_dataset(study), [99])
    with pytest.raises(InputError, match="reported nothing in training"):
        curves(study_dataset(searched(lambda trial: 1.0, trials=1)))


def test_two_processes_may_share_a_study_on_disk(tmp_path: Path, objective):
    """What docs/how-to.md says of parallel searches."""
    path = str(tmp_path / "search.log")
    for _ in range(2):  # one after the other, each opens the file anew
        storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(path))
        study = optuna.create_study(study_name="s", storage=storage, load_if_exists=True, sampler=optuna.samplers.RandomSampler(seed=0))
        study.optimize(lambda trial: value(trial, objective, measure="loss") + trial.suggest_float("x", 0, 1), n_trials=2)
    ds = study_dataset(optuna.load_study(study_name="s", storage=storage))
    assert ds.sizes["trial"] == 4 and np.isfinite(ds["loss_stderr"]).all()
