"""Bad input gets one clear line, no traceback, and an exit code that tells usage errors from failures."""

import os
import sys

import pytest

from lossatlas.cli import app, run

S = ("slice", "digits_mlp")
SMALL = (*S, "--points", "2", "--examples", "20")
LINE = ("line", "digits_mlp", "w/mlp.safetensors")

USAGE = {
    "unknown command": (("slise", "digits_mlp"), 'Did you mean "slice"'),
    "far command": (("frobnicate",), "Available commands: slice, volume, line"),
    "unknown option": ((*S, "--pionts", "3"), "Did you mean --points?"),
    "no objective": (("slice",), "OBJECTIVE requires an argument"),
    "no end": (LINE, "B requires an argument"),
    "option without value": ((*S, "--points"), "--points requires an argument"),
    "one argument too many": (("info", "a.zarr", "b.zarr"), "unexpected 'b.zarr'"),
    "points 0": ((*S, "--points", "0"), "--points is 0; expected a whole number of at least 1, such as 51, or 51x31"),
    "points 0 on one axis": ((*S, "--points", "3x0"), "--points is 0"),
    "points negative": ((*S, "--points", "-3"), "--points is '-3'; expected a number such as 51, or 51x31"),
    "points word": ((*S, "--points", "many"), "--points is 'many'"),
    "points float": ((*S, "--points", "3.5"), "--points is '3.5'"),
    "points three axes": ((*S, "--points", "3x4x5"), "--points gives 3 values; expected 1 or 2, e.g. 51x31"),
    "points of a line": ((*LINE, "w/mlp2.safetensors", "--points", "3x3"), "--points gives 2 values; expected 1, e.g. 51"),
    "points 1 on a range": ((*S, "--points", "1"), "--range -1:1 and --points 1 do not fit"),
    "points too many": ((*S, "--points", "10000000"), "expected a whole number from 1 to 1,000,000"),
    "points too many in all": ((*S, "--points", "100000x100000"), "10,000,000,000 points; expected at most 10,000,000"),
    "range reversed": ((*S, "--range", "1:-1"), "--range 1:-1 is reversed; write --range -1:1"),
    "range reversed on one axis": ((*S, "--range", "-1:1,2:0"), "--range 2:0 is reversed; write --range 0:2"),
    "range of one number": ((*S, "--range", "1"), "--range has '1'; expected two numbers A:B"),
    "range of words": ((*S, "--range", "a:b"), "--range has 'a:b'"),
    "range empty": ((*S, "--range="), "--range has ''"),
    "range nan": ((*S, "--range", "nan:1"), "not finite"),
    "range infinite": ((*S, "--range", "-1:inf"), "not finite"),
    "range of three axes": ((*S, "--range", "0:1,0:1,0:1"), "--range gives 3 values"),
    "range a single value": ((*S, "--range", "0:0"), "do not fit"),
    "normalize": ((*S, "--normalize", "filters"), 'Did you mean "filter"'),
    "bn": ((*S, "--bn", "evel"), 'Did you mean "eval"'),
    "bn interpolate": (("slice", "mine.py:with_bn", "--points", "2", "--bn", "interpolate"), "bn='interpolate'"),
    "split": ((*S, "--split", "valid"), 'Choose from: "train", "test", "both"'),
    "split of one objective": (("slice", "mine.py:objective", "--split", "test"), "gives one objective"),
    "as": ((*S, "--as", "pie"), "Choose from"),
    "as profile": ((*S, "--as", "profile"), "write --as contour, heatmap or surface"),
    "seed word": ((*S, "--seed", "x"), "--seed: got 'x'; expected a whole number"),
    "seed float": ((*S, "--seed", "1.5"), "--seed: got '1.5'; expected a whole number"),
    "seed negative": ((*SMALL, "--seed", "-1"), "seed is -1; expected a whole number from 0"),
    "repeats 0": ((*SMALL, "--repeats", "0"), "repeats is 0; expected a whole number of at least 1"),
    "repeats float": ((*SMALL, "--repeats", "2.5"), "--repeats: got '2.5'"),
    "examples 0": ((*S, "--examples", "0"), "examples is 0; expected 1 to 1000"),
    "examples of a file 0": (("slice", "mine.py:objective", "--examples", "0"), "examples is 0; expected 1 to 40"),
    "examples too many": ((*S, "--examples", "99999"), "examples is 99999; expected 1 to 1000"),
    "examples float": ((*S, "--examples", "2.9"), "--examples: got '2.9'"),
    "batch size 0": ((*SMALL, "--batch-size", "0"), "batch_size is 0; expected a whole number of at least 1"),
    "device": ((*SMALL, "--device", "gpu"), "device is 'gpu'"),
    "metric": ((*SMALL, "--metric", "acc"), "did you mean 'accuracy'"),
    "ignore": ((*SMALL, "--ignore", "everything"), "ignore has 'everything'; expected a kind"),
    "ignore all": ((*SMALL, "--ignore", "*"), "moves nothing"),
    "zoo network": (("slice", "digits_mpl"), "did you mean 'digits_mlp'"),
    "zoo network without data": (("slice", "resnet56a"), "expected cifar10:DIR"),
    "zoo network on other data": (("slice", "resnet56a", "--data", "digits"), "expected cifar10:DIR"),
    "data nowhere": (("slice", "resnet56a", "--data", "cifar10:nowhere"), "nowhere does not exist"),
    "data without path": (("slice", "resnet56a", "--data", "cifar10"), "write cifar10:PATH"),
    "checkpoint missing": ((*S, "--checkpoint", "none.safetensors"), "no checkpoint at 'none.safetensors'"),
    "checkpoint junk": ((*S, "--checkpoint", "w/junk.safetensors"), "not a readable safetensors file"),
    "checkpoint pickle": ((*S, "--checkpoint", "w/evil.pt"), "pickle"),
    "checkpoint torch pickle": ((*S, "--checkpoint", "w/evil2.pt"), "save the weights alone"),
    "checkpoint of another architecture": ((*S, "--checkpoint", "w/resnet.safetensors"), "another architecture"),
    "checkpoint with NaN": ((*S, "--checkpoint", "w/nan.safetensors"), "NaN or infinite; expected finite weights"),
    "line end missing": ((*LINE, "none.safetensors"), "no checkpoint at 'none.safetensors'"),
    "line end of another network": ((*LINE, "w/resnet.safetensors"), "another network"),
    "line end with NaN": ((*LINE, "w/nan.safetensors"), "NaN or infinite"),
    "line end pickle": ((*LINE, "w/evil2.pt"), "save the weights alone"),
    "line of one point": ((*LINE, "w/mlp.safetensors"), "are the same"),
    "output suffix": ((*S, "-o", "x.gif"), "ends in .png, .svg or .pdf"),
    "output without suffix": ((*S, "-o", "x"), "ends in .png, .svg or .pdf"),
    "output folder": ((*S, "-o", "none/x.png"), "no folder"),
    "output is a folder": ((*S, "-o", "folder.png"), "is a folder"),
    "store without zarr": ((*S, "--store", "plain"), "expected PATH.zarr or PATH.zarr/GROUP"),
    "store empty": ((*S, "--store", ""), "expected PATH.zarr"),
    "store elsewhere": ((*S, "--store", "s3://b/x.zarr"), "on this machine"),
    "store upwards": ((*S, "--store", "x.zarr/../y"), "named '..'"),
    "one direction": ((*SMALL, "--directions", "w/mlp.safetensors"), "two files U.safetensors,V.safetensors"),
    "directions word": ((*SMALL, "--directions", "randon"), "did you mean 'random'"),
    "directions missing": ((*SMALL, "--directions", "a.safetensors,b.safetensors"), "no checkpoint at 'a.safetensors'"),
    "directions of another network": ((*SMALL, "--directions", "w/mlp.safetensors,w/resnet.safetensors"),
        "the network has no such parameter"),
    "directions parallel": ((*SMALL, "--directions", "w/mlp.safetensors,w/mlp.safetensors"), "parallel"),
    "directions zero": ((*SMALL, "--directions", "w/mlp.safetensors,w/zero.safetensors"), "moves nothing"),
    "directions with repeats": ((*SMALL, "--directions", "w/mlp.safetensors,w/mlp2.safetensors", "--repeats", "2"), "does not go with"),
    "file missing": (("slice", "none.py:objective"), "no file 'none.py'"),
    "name missing": (("slice", "mine.py:objectiv"), "has no 'objectiv'; did you mean 'objective'"),
    "no name": (("slice", "mine.py"), "expected mine.py:NAME"),
    "empty name": (("slice", "mine.py:"), "expected file.py:name"),
    "empty place": (("slice", ":objective"), "expected file.py:name"),
    "empty": (("slice", ""), "expected file.py:NAME"),
    "module missing": (("slice", "nomodule:objective"), "no module 'nomodule'"),
    "submodule missing": (("slice", "lossatlas.nomodule:x"), "no module 'lossatlas.nomodule'"),
    "relative module": (("slice", ".mine:objective"), "expected file.py:name"),
    "no python file": (("slice", "notes.txt:x"), "no Python file 'notes.txt'"),
    "folder as file": (("slice", "./w:x"), "no Python file './w'"),
    "number": (("slice", "mine.py:number"), "is a int; expected an Objective"),
    "network": (("slice", "mine.py:model"), "is a network; expected an Objective"),
    "function with arguments": (("slice", "mine.py:needs"), "needs the arguments x"),
    "bad pair": (("slice", "mine.py:bad_pair"), "expected {'train': Objective, 'test': Objective}"),
    "empty pair": (("slice", "mine.py:empty_pair"), "expected {'train': Objective, 'test': Objective}"),
    "checkpoint with a file": (("slice", "mine.py:objective", "--checkpoint", "w/mlp.safetensors"), "belong to zoo networks"),
    "NaN weights": (("slice", "mine.py:nan"), "NaN or infinite; expected finite weights"),
    "empty data": (("slice", "mine.py:empty"), "0 examples; expected at least 1"),
    "targets out of range": (("slice", "mine.py:targets"), "targets run from 1 to 3 but the network has 3 outputs"),
    "loss not per example": (("slice", "mine.py:scalar"), "expected per-example losses"),
}

FAILURES = {
    "unwritable store": ((*SMALL, "--store", "file.zarr/a"), "cannot write the store file.zarr"),
    "store in no folder": ((*SMALL, "--store", "notes.txt/x.zarr"), "cannot write the store"),
    "result inside a result": ((*SMALL, "--store", "r.zarr/a/b"), "inside the result r.zarr/a"),
    "an array": ((*SMALL, "--store", "r.zarr/a/loss"), "no result at r.zarr/a/loss"),
    "another computation": (("slice", "mine.py:objective", "--points", "2", "--store", "r.zarr/a", "--seed", "1"),
        "family.seed: stored 0, now 1"),
    "a file that raises": (("slice", "raises.py:x"), "raises.py raised ZeroDivisionError: division by zero (at raises.py:2)"),
    "a file with a syntax error": (("slice", "syntax.py:x"), "syntax.py raised SyntaxError: "),
    "a file that needs more": (("slice", "needs.py:x"), "No module named 'surely_missing_module' (at needs.py:1)"),
    "a file that exits": (("slice", "exits.py:x"), "exits.py raised SystemExit: bye (at exits.py:2)"),
    "a package that raises": (("slice", "bad_package.sub:x"), "bad_package.sub raised RuntimeError: in init (at __init__.py:1)"),
    "a package that needs more": (("slice", "poor_package.sub:x"), "No module named 'surely_missing_module'"),
    "a function that raises": (("slice", "mine.py:boom"), "mine.py:boom raised RuntimeError: kaputt (at mine.py:"),
    "a function that exits": (("slice", "mine.py:leaves"), "SystemExit: no data here"),
}


@pytest.fixture
def odd(cli, folder):
    """A folder with everything that can be wrong."""
    files = {"notes.txt": "x", "file.zarr": "x", "raises.py": "import torch\nx = 1 / 0\n", "syntax.py": "def f(:\n",
             "needs.py": "import surely_missing_module\n", "exits.py": "import sys\nsys.exit('bye')\n",
             "bad_package/__init__.py": "raise RuntimeError('in init')\n", "bad_package/sub.py": "x = 1\n",
             "poor_package/__init__.py": "import surely_missing_module\n", "poor_package/sub.py": "x = 1\n"}
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "folder.png").mkdir()
    return folder


def one_line(answer, code, said):
    assert answer.code == code, answer
    assert answer.err.count("\n") == 1 and answer.err.startswith("lossatlas: "), f"not one line: {answer.err!r}"
    assert said in answer.err, answer.err
    assert "Traceback" not in answer.err and answer.out == ""


def test_usage_errors_are_one_line_and_code_2(cli, odd):
    for name, (arguments, said) in USAGE.items():
        try:
            one_line(cli(*arguments), 2, said)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
    assert not (odd / "PWNED").exists(), "a pickle was run"
    assert not list(odd.glob("lossatlas.zarr/*-*")), "refused, and something was stored all the same"


def test_failures_are_one_line_and_code_1(cli, odd):
    assert cli("slice", "mine.py:objective", "--points", "2", "--store", "r.zarr/a").code == 0
    before = {p: p.stat().st_mtime_ns for p in (odd / "r.zarr").rglob("*")}
    for name, (arguments, said) in FAILURES.items():
        try:
            one_line(cli(*arguments), 1, said)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
    assert {p: p.stat().st_mtime_ns for p in (odd / "r.zarr").rglob("*")} == before


def test_a_long_list_of_differences_stays_one_line(cli, odd):
    assert cli(*SMALL, "--store", "r.zarr/a").code == 0
    answer = cli("slice", "mine.py:with_bn", "--points", "3", "--range", "0:1", "--bn", "batch", "--store", "r.zarr/a", "--seed", "9")
    one_line(answer, 1, "holds another computation")
    assert "more" in answer.err and len(answer.err) < 1200


def test_the_unexpected_is_one_line_unless_asked_for(cli, odd, monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("lossatlas.cli.methods.sweep", broken)
    one_line(cli(*SMALL), 1, "unexpected RuntimeError: two (LOSSATLAS_DEBUG=1 shows where)")
    monkeypatch.setenv("LOSSATLAS_DEBUG", "1")
    with pytest.raises(RuntimeError):
        cli(*SMALL)


def test_ctrl_c_is_130_with_a_word(cli, odd, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("lossatlas.cli.methods.sweep", interrupted)
    one_line(cli(*SMALL), 130, "interrupted; what was stored is kept")


def test_a_figure_that_cannot_be_written_after_all_leaves_the_result(cli, odd, monkeypatch):
    from lossatlas.render import mpl

    monkeypatch.setattr(mpl, "save", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    answer = cli(*SMALL, "-o", "x.png")
    assert answer.code != 0 and "No space left on device" in answer.err and "result: lossatlas.zarr/slice-1" in answer.out
    assert (odd / "lossatlas.zarr/slice-1/done").is_dir()


def test_help_and_version_are_code_0(capsys):
    for arguments in ([], ["--help"], ["slice", "--help"], ["line", "-h"], ["--version"]):
        assert run(arguments) == 0
        out, err = capsys.readouterr()
        assert out and err == ""


def test_main_exits_with_the_code(monkeypatch, capsys):
    from lossatlas import cli as command

    for arguments, code in ((["frobnicate"], 2), (["--version"], 0)):
        monkeypatch.setattr(sys, "argv", ["lossatlas", *arguments])
        with pytest.raises(SystemExit) as caught:
            command.main()
        assert caught.value.code == code


def test_commands_are_those_of_the_issue():
    commands = {"slice", "volume", "line", "plane", "spectrum", "eigenmap", "flatness", "goldilocks", "plot", "info", "view", "export",
                "import", "data", "zoo", "demo", "instability", "trajectory", "train", "compare", "connect", "merge", "ensemble", "study"}
    assert commands == {name for name in app.app if not name.startswith("-")}
    assert os.environ.get("LOSSATLAS_DEBUG") is None
