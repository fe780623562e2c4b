"""``--method`` and ``--tolerance``: what is taken when, what is said of it, and what a survey cannot do."""

import numpy as np
import pytest

import lossatlas as la
from lossatlas.cli import methods
from lossatlas.run import estimate as estimating
from lossatlas.run import plan as planning
from lossatlas.run.estimate import Estimate, estimate
from lossatlas.run.survey import survey

SLICE = ("slice", "digits_mlp", "--checkpoint", "w/mlp.safetensors", "--data", "digits", "--points", "14x13")
SURVEY = (*SLICE, "--examples", "60", "--tolerance", "0.2", "--method", "survey")


@pytest.fixture
def taken(monkeypatch) -> list[str]:
    """Which of the two measured, in order."""
    seen: list[str] = []

    def telling(name, function):
        def call(*arguments, **options):
            seen.append(name)
            return function(*arguments, **options)

        monkeypatch.setattr(methods, name, call)

    for name in ("sweep", "survey"):
        telling(name, getattr(methods, name))
    return seen


def estimated(monkeypatch, dense: float | None, survey: float | None) -> None:
    monkeypatch.setattr(methods, "estimate", lambda *_, **__: Estimate(dense, survey))


@pytest.mark.parametrize(("dense", "survey", "expected"), [
    (None, None, "dense"), (59.0, 1.0, "dense"), (61.0, 30.0, "survey"), (61.0, 31.0, "dense"), (1e5, 400.0, "survey")])
def test_the_survey_is_taken_where_it_saves_half_of_more_than_a_minute(dense, survey, expected):
    assert Estimate(dense, survey).method == expected


def test_the_cheaper_way_is_said_and_taken(cli, folder, monkeypatch, taken):
    estimated(monkeypatch, 11_400.0, 540.0)
    answer = cli(*SLICE, "--examples", "60", "--tolerance", "0.2", "-o", "a.png")
    assert answer.code == 0, answer.err
    assert "dense: about 3 h 10 min; survey to 20 %: about 9 min; taking the survey (--method dense for the grid)" in answer.out
    assert taken == ["survey"] and "accuracy is left out" in answer.out
    ds = la.open(folder / "lossatlas.zarr/slice-1")
    assert ds.attrs["method"] == "survey" and ds["loss"].shape == (14, 13) and (folder / "a.png").stat().st_size > 10_000
    measured = f"Survey: {int(ds['evaluated'].sum()):,} of 182 cells measured"
    assert measured in answer.out or "Survey that went dense" in answer.out
    estimated(monkeypatch, 100.0, 80.0)
    answer = cli(*SLICE, "--examples", "60", "--store", "b.zarr/x", "--plan", "plain")
    assert taken == ["survey", "sweep"] and "taking the grid (--method survey for the survey)" in answer.out


@pytest.mark.parametrize("option", [("--metric", "error"), ("--repeats", "2"), ("--per", "class"), ("--split", "both")])
def test_what_a_survey_cannot_do_is_measured_densely_or_refused(cli, folder, monkeypatch, taken, option):
    estimated(monkeypatch, 1e6, 1.0)
    answer = cli(*SLICE[:4], "--points", "2", "--examples", "20", *option)
    assert answer.code == 0, answer.err
    assert taken == ["sweep"]
    answer = cli(*SLICE[:4], "--points", "2", "--examples", "20", *option, "--method", "survey", "--store", "n.zarr/x")
    assert answer.code == 2 and "--method survey measures" in answer.err and "--method dense" in answer.err
    assert not (folder / "n.zarr").exists()


def test_a_line_has_its_accuracy_unless_a_survey_is_asked_for(cli, folder, monkeypatch, taken):
    estimated(monkeypatch, 1e6, 1.0)
    line = ("line", "digits_mlp", "w/mlp.safetensors", "w/mlp2.safetensors", "--examples", "40", "--split", "train")
    assert cli(*line, "--points", "5").code == 0
    assert taken == ["sweep"] and "accuracy" in la.open(folder / "lossatlas.zarr/profile-1")
    answer = cli(*line, "--points", "201", "--method", "survey", "--tolerance", "0.05", "-o", "line.png")
    assert answer.code == 0, answer.err
    ds = la.open(folder / "lossatlas.zarr/profile-2")
    assert taken[1:] == ["survey"] and ds.attrs["method"] == "survey" and ds.sizes == {"alpha": 201}
    assert cli(*line, "--points", "201", "--tolerance", "0.05", "--store", "lossatlas.zarr/profile-2").code == 0
    assert taken[2:] == ["survey"], "goes on as what it is"
    assert (folder / "line.png").stat().st_size > 10_000


def test_a_group_goes_on_as_what_it_is(cli, folder, monkeypatch, taken):
    assert cli(*SURVEY, "--store", "s.zarr/a").code == 0
    assert cli(*SLICE, "--examples", "60", "--store", "s.zarr/b", "--method", "dense", "--plan", "plain").code == 0
    monkeypatch.setattr(methods, "estimate", lambda *_, **__: pytest.fail("nothing is estimated for what is there"))
    assert cli(*SLICE, "--examples", "60", "--tolerance", "0.2", "--store", "s.zarr/a").code == 0
    assert cli(*SLICE, "--examples", "60", "--store", "s.zarr/b", "--plan", "plain").code == 0
    assert taken == ["survey", "sweep", "survey", "sweep"]
    answer = cli(*SLICE, "--examples", "60", "--store", "s.zarr/a", "--method", "dense")
    assert answer.code == 1 and "s.zarr/a is a survey, and --method dense asks for every point" in answer.err
    answer = cli(*SLICE, "--examples", "60", "--store", "s.zarr/b", "--method", "survey")
    assert answer.code == 1 and "s.zarr/b is measured at every point, and --method survey asks for a survey" in answer.err
    answer = cli(*SLICE, "--examples", "60", "--tolerance", "0.2", "--store", "s.zarr/a", "--metric", "error")
    assert answer.code == 2 and "does not go with --metric error" in answer.err
    answer = cli(*SLICE, "--examples", "60", "--store", "s.zarr/a")
    assert answer.code == 1 and "survey.tolerance: stored 0.2, now 0.01" in answer.err


def test_replan_makes_a_new_survey_beside_the_old_one(cli, folder):
    assert cli(*SURVEY, "--store", "s.zarr/a").code == 0
    answer = cli(*SURVEY, "--store", "s.zarr/a", "--replan")
    assert answer.code == 0 and "result: s.zarr/a-2" in answer.out
    assert la.open(folder / "s.zarr/a-2").attrs["method"] == "survey"


def test_an_interrupted_survey_is_drawn_and_found_again(cli, folder, monkeypatch):
    from lossatlas.run import surveying

    pictures = surveying.Survey.pictures

    def breaks_off(self):
        rounds = pictures(self)
        yield next(rounds)
        raise KeyboardInterrupt

    monkeypatch.setattr(surveying.Survey, "pictures", breaks_off)
    answer = cli(*SURVEY, "-o", "so-far.png")
    assert answer.code == 130 and "Unfinished survey: its tolerance of 20 % is not met." in answer.out
    assert (folder / "so-far.png").stat().st_size > 10_000
    assert "not finished" in cli("info", "lossatlas.zarr/slice-1").out
    monkeypatch.setattr(surveying.Survey, "pictures", pictures)
    answer = cli(*SLICE, "--examples", "60", "--tolerance", "0.2")
    assert answer.code == 0 and "result: lossatlas.zarr/slice-1" in answer.out
    assert la.open(folder / "lossatlas.zarr/slice-1").attrs["complete"]


@pytest.mark.parametrize("tolerance", ["0", "1", "-0.1", "nan", "inf"])
def test_a_tolerance_is_between_0_and_1(cli, folder, tolerance):
    answer = cli(*SLICE, f"--tolerance={tolerance}")
    assert answer.code == 2 and "expected a number between 0 and 1" in answer.err and not (folder / "lossatlas.zarr").exists()


def test_a_tolerance_does_not_go_with_the_grid(cli):
    answer = cli(*SLICE, "--method", "dense", "--tolerance", "0.1")
    assert answer.code == 2 and "leave one of the two out" in answer.err


def test_info_says_what_was_measured(cli, folder):
    assert cli(*SURVEY, "--store", "s.zarr/a").code == 0
    ds, out = la.open(folder / "s.zarr/a"), cli("info", "s.zarr/a").out
    assert f"{int(ds['evaluated'].sum())} of 182 cells measured" in out and "survey, tolerance 0.2" in out
    assert f"{ds.attrs['example_evaluations']:,} of the {182 * 60:,} of the grid" in out


def test_the_estimate_decides_the_plan_once_and_only_where_it_pays(monkeypatch):
    objective = la.zoo.objective("digits_mlp", checkpoint=None, data="digits", examples=200, seed=0)
    probe, plane, engine = la.probes.loss(objective), la.random_slice(objective, seed=0), la.Local()
    coords = {"alpha": la.axis(-1, 1, 51), "beta": la.axis(-1, 1, 51)}
    decided = []
    real = planning.choose_plan
    monkeypatch.setattr(planning, "choose_plan", lambda *a, **k: decided.append(1) or real(*a, **k))
    found = estimate(probe, plane, coords, tolerance=0.01, plan="auto", engine=engine)
    assert found.method == "dense" and found.decision is None and not decided, "a second of work"
    assert found.dense_seconds is not None and 0 < found.survey_seconds < found.dense_seconds < 60
    few = {"alpha": la.axis(-1, 1, 5), "beta": la.axis(-1, 1, 5)}
    assert estimate(probe, plane, few, tolerance=0.01, plan="auto", engine=engine) == Estimate(None, None)
    found = estimate(probe, plane, coords, tolerance=0.01, plan="auto", engine=engine, always=True)
    assert decided == [1] and found.decision is not None
    assert estimate(probe, plane, coords, tolerance=0.01, plan="plain", engine=engine, always=True).decision is None


def test_a_grid_by_the_plan_of_the_estimate_says_why(tmp_path):
    objective = la.zoo.objective("digits_mlp", checkpoint=None, data="digits", examples=100, seed=0)
    probe, plane, engine = la.probes.loss(objective), la.random_slice(objective, seed=0), la.Local()
    coords = {"alpha": la.axis(-1, 1, 9), "beta": la.axis(-1, 1, 8)}
    found = estimate(probe, plane, coords, tolerance=0.01, plan="auto", engine=engine, always=True)
    ds = la.sweep(probe, plane, coords, plan=found.decision, store=tmp_path / "d.zarr/x")
    assert ds.attrs["plan"] == found.decision.plan.described() and ds.attrs["plan_why"] == found.decision.why
    plain = la.sweep(probe, plane, coords, plan="plain")
    assert np.allclose(ds["loss"], plain["loss"], rtol=1e-5)
    assert estimating.method_of(tmp_path / "d.zarr", "x") == "dense"


def test_the_commands_take_the_tolerance_of_the_function():
    import inspect

    from lossatlas.cli import app

    default = inspect.signature(survey).parameters["tolerance"].default
    for command in (app.slice, app.volume, app.line, app.plane):
        parameters = inspect.signature(command).parameters
        assert parameters["tolerance"].default == default == 0.01 and parameters["method"].default is None
    assert methods.check_method(None, 0.5) is None
    with pytest.raises(la.InputError, match="--method is 'sparse'"):
        methods.check_method("sparse", 0.01)
