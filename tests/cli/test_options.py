"""Commands are thin wrappers: their options and defaults are those of the functions (DESIGN, rule 10)."""

import inspect
import typing

import pytest

import lossatlas as la
from lossatlas import figures, names
from lossatlas.cli import app, data, demo, measure, objectives, show

#: option of the command -> why its default is written another way than the function's, and what it becomes.
WRITTEN_DIFFERENTLY = {
    ("slice", "ignore"): "a word with commas: 'bias,norm' is ('bias', 'norm')",
    ("slice", "normalize"): "None means filter for random directions, none for given files",
}
#: parameters of the functions that a command does not offer.
NOT_OFFERED = {"slice": {"objective", "dims", "point"}, "line": {"buffers", "a", "b", "dim"}}


def options(command) -> dict[str, object]:
    return {name: p.default for name, p in inspect.signature(command).parameters.items() if p.kind is p.KEYWORD_ONLY}


def test_slice_has_the_options_and_defaults_of_random_slice():
    offered = options(app.slice)
    for name, parameter in inspect.signature(la.random_slice).parameters.items():
        if name in NOT_OFFERED["slice"]:
            continue
        assert name in offered, f"random_slice has {name!r}, lossatlas slice has not"
        if ("slice", name) not in WRITTEN_DIFFERENTLY:
            assert offered[name] == parameter.default, name
    defaults = {n: p.default for n, p in inspect.signature(la.random_slice).parameters.items()}
    assert tuple(offered["ignore"].split(",")) == defaults["ignore"] and offered["normalize"] is None and defaults["normalize"] == "filter"


def test_volume_has_the_options_of_slice_but_repeats_and_per():
    of_slice, of_volume = options(app.slice), options(app.volume)
    assert set(of_slice) - set(of_volume) == {"repeats", "per", "layers"} and set(of_volume) <= set(of_slice)
    assert {name for name in of_volume if of_volume[name] != of_slice[name]} == {"points"}
    source = inspect.getsource(app.volume)
    assert all(name in source for name in inspect.signature(app.volume).parameters)


def test_plane_has_the_arguments_of_plane_and_the_frame_of_the_slice():
    parameters = inspect.signature(app.plane).parameters
    assert [n for n, p in parameters.items() if p.kind is p.POSITIONAL_ONLY] == ["objective", "a", "b", "c"]
    assert set(inspect.signature(la.plane).parameters) == {"a", "b", "c", "axes", "dims", "buffers"}
    assert inspect.signature(la.plane).parameters["axes"].default == "orthogonal", "which is what the command draws"
    assert int(options(app.plane)["points"]) == inspect.signature(la.Slice.frame).parameters["points"].default
    assert set(options(app.plane)) == set(options(app.line)) | {"draw"}


def test_an_automatic_range_has_the_multiple_of_the_function():
    assert measure.auto_multiple("auto") == inspect.signature(la.auto_range).parameters["multiple"].default
    assert measure.auto_multiple("auto:20") == 20 and measure.auto_multiple("-1:1") is None


def test_line_has_the_options_of_line():
    assert set(inspect.signature(la.line).parameters) == NOT_OFFERED["line"]
    assert [n for n, p in inspect.signature(app.line).parameters.items() if p.kind is p.POSITIONAL_ONLY] == ["objective", "a", "b"]


@pytest.mark.parametrize("command", [app.slice, app.line])
def test_objective_options_reach_the_zoo_and_the_objective(command):
    offered = options(command)
    zoo = inspect.signature(la.zoo.objective).parameters
    for name in ("checkpoint", "data", "examples", "seed"):
        assert offered[name] == zoo[name].default, name
    assert offered["split"] is None, "None: train, and both for a line; the objective's own for a file"
    assert offered["batch_size"] is None and zoo["batch_size"].default == 128, "None keeps the objective's own, 128 of the zoo"
    assert offered["bn"] is None, "None keeps the objective's own, eval of the zoo"
    fields = {f: objectives.Options.__dataclass_fields__[f].default for f in objectives.Options.__dataclass_fields__}
    for name, default in fields.items():
        assert offered["metric" if name == "metrics" else name] == (None if name == "metrics" else default), name


def test_the_lines_of_the_issue():
    assert {"directions": "random", "range": "-1:1", "points": "51", "device": "auto", "store": None,
        "output": None}.items() <= options(app.slice).items()
    assert {"range": "-0.5:1.5", "points": "401", "device": "auto", "store": None, "output": None}.items() <= options(app.line).items()


def test_plot_has_the_options_of_the_figures():
    offered = options(app.plot)
    for function in (figures.slice, figures.profile, figures.spectrum, figures.scan):
        assert offered["scale"] == inspect.signature(function).parameters["scale"].default
    assert offered["quantity"] is None is inspect.signature(figures.slice).parameters["quantity"].default
    assert offered["draw"] is None and inspect.signature(figures.slice).parameters["draw"].default == "contour"


@pytest.mark.parametrize(("command", "option", "words"), [
    (app.slice, "bn", names.BatchNormPolicy), (app.slice, "normalize", names.Normalize), (app.slice, "split", names.Split),
    (app.slice, "per", names.Per), (app.volume, "draw", names.DrawAs), (app.plane, "bn", names.BatchNormPolicy),
    (app.slice, "method", names.Method), (app.line, "method", names.Method), (app.plot, "mark", names.Mark),
    (app.line, "bn", names.BatchNormPolicy), (app.line, "split", names.Split), (app.slice, "draw", names.DrawAs), (app.plot, "draw",
        names.DrawAs)])
def test_choices_are_the_literals(command, option, words):
    hint = typing.get_type_hints(command)[option]
    assert words in typing.get_args(hint) or hint == words


@pytest.mark.parametrize(("command", "run"), [(app.slice, measure.slice), (app.volume, measure.slice), (app.line, measure.line),
    (app.plane, measure.plane), (app.plot, show.plot), (app.info,
    show.info),
                                              (app.demo, demo.demo), (app.fetch, data.fetch)])
def test_every_option_is_passed_on(command, run):
    """An option that the command takes and drops would be a silent lie."""
    source = inspect.getsource(command).split('"""')[-1]
    for name in inspect.signature(command).parameters:
        assert name in source, f"{command.__name__} takes {name!r} and does not pass it on"
    inspect.signature(run)


def test_flatness_has_the_options_of_flatness():
    offered, function = options(app.flatness), inspect.signature(la.flatness).parameters
    assert {n for n, p in function.items() if p.kind is p.KEYWORD_ONLY} - set(offered) == {"point", "on_event"}
    assert all(offered[name] == function[name].default for name in ("factor", "rise", "seed", "store"))
    assert offered["measures"] is None, "None: the function's own, without the slow ones"
    named = typing.get_args(typing.get_type_hints(app.flatness, include_extras=True)["measures"])[1].help
    assert all(name in named for name in typing.get_args(names.FlatnessName))
    source = inspect.getsource(app.flatness).split('"""')[-1]
    assert all(name in source for name in inspect.signature(app.flatness).parameters)


def test_fetch_has_the_options_of_fetch():
    offered, function = options(app.fetch), inspect.signature(la.zoo.fetch).parameters
    assert set(offered) == {"to", "mirror"} and all(offered[name] == function[name].default for name in offered)
    assert names.DataSet in typing.get_args(typing.get_type_hints(app.fetch, include_extras=True)["name"])


def test_plot_marks_what_the_figures_mark():
    for function in (figures.slice, figures.profile, figures.volume):
        assert inspect.signature(function).parameters["mark"].default is None is options(app.plot)["mark"]


def test_functions_take_at_most_seven_options():
    for function in (la.survey, la.sweep, la.random_slice, la.line, la.plane, la.zoo.objective, la.sharpness, figures.slice,
        figures.profile, figures.compare, figures.volume, figures.spectrum, figures.scan, la.per_layer, la.auto_range, la.Copies,
        la.barrier, la.spawn, la.instability):
        keyword = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
        assert len(keyword) <= 7, f"{function.__name__} has {len(keyword)}"
