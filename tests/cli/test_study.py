"""``lossatlas study``: the list, the report, and where findings go."""

import inspect

import pytest

from lossatlas import studies
from lossatlas.cli import app, run, study
from lossatlas.names import Scale
from lossatlas.studies import STUDIES
from lossatlas.studies.finding import Finding, Number
from lossatlas.studies.keeping import Keeper


def finding(row="C1", shown=True):
    return Finding("Labels do not matter (Zhang et al. 2017)", "an error of 0 %", shown, (Number("error", (0.0, 1.0), "%"),), ("small",),
                   row=row, seeds=(0, 1), seconds=3)


def test_without_a_name_the_studies_are_listed(capsys):
    assert run(["study"]) == 0
    said = capsys.readouterr().out
    assert all(f"{row} " in said and one.claim in said for row, one in STUDIES.items())


def test_the_report_has_the_verdict_and_every_seed():
    lines = study.report(finding(shown=False))
    assert lines[0] == "C1  NOT SHOWN  (3 s, scale quick, seeds 0, 1)"
    assert any("error" in line and "0.5 %" in line and "± 0.71" in line and "[0, 1]" in line for line in lines)
    assert any(line.strip() == "note: small" for line in lines) and "SHOWN" in study.report(finding())[0]


def test_findings_are_printed_as_they_come_and_summed_up(monkeypatch, capsys, tmp_path):
    def each(rows, **options):
        assert options["seeds"] == 2 and str(options["store"]).endswith("s.zarr") and options["folder"] == tmp_path
        yield from (finding(row, row == "C1") for row in rows)

    monkeypatch.setattr(study, "each", each)
    monkeypatch.setattr(study, "find", lambda row: None)
    assert run(["study", "C1", "L9", "--seeds", "2", "--store", str(tmp_path / "s.zarr"), "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "shown:     C1" in said and "not shown: L9" in said


def test_what_was_found_is_said_of_a_result(tmp_path, capsys):
    with Keeper(tmp_path / "s.zarr", None, single=True) as keeper:
        keeper.keep(finding(shown=False))
    assert run(["info", str(tmp_path / "s.zarr")]) == 0
    assert "finding        C1 not shown: Labels do not matter" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "words"), [
    (["C77"], "the study is 'C77'"), (["C1", "--seeds", "0"], "--seeds is 0"), (["C1", "--store", "plain"], "expected PATH.zarr"),
    (["C1", "--scale", "big"], "Choose from"), (["C1", "--seeds", "two"], "expected a whole number")])
def test_bad_input_is_one_line(arguments, words, capsys):
    assert run(["study", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_the_command_has_the_options_of_the_function():
    offered = {n: p.default for n, p in inspect.signature(app.study).parameters.items() if p.kind is p.KEYWORD_ONLY}
    function = inspect.signature(studies.run).parameters
    assert set(offered) == {"scale", "seeds", "store", "output"}
    assert set(function) == {"rows", "scale", "seeds", "store", "folder", "on_event"}
    assert offered["scale"] == function["scale"].default and offered["seeds"] == function["seeds"].default
    assert Scale.__args__ == ("quick", "paper")
