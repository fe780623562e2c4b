"""Arguments of every command, plausible and hostile: an exit code, one line, nothing left behind."""

from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from urllib.error import URLError

import pytest
from fuzzing import call, check_answer, check_debris, check_tried, count, inputs, restore, snapshot
from hypothesis import given
from hypothesis import strategies as st

import lossatlas.download
from lossatlas.cli import demo
from lossatlas.errors import LossAtlasError
from lossatlas.run import job

#: What belongs nowhere. Nothing here is a place outside the folder that could be written.
HOSTILE = (
    "",
    " ",
    "\0",
    "a\0b",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1",
    "0",
    "-0",
    "1.5",
    "1e3",
    "9" * 19,
    "9" * 30,
    "9" * 5000,
    "-" + "9" * 5000,
    "x" * 300,
    "x" * 5000,
    "ünïcödé",
    "漢字.zarr",
    "🙂",
    "\udcff",
    "\udcff.zarr",
    "\udcff.png",
    "e\u0301",
    "\u202e",
    "٣",
    "３x３",
    "1_000",
    "0x10",
    "1,5",
    "1;2",
    "$(touch PWNED)",
    "`touch PWNED`",
    "; touch PWNED",
    "| touch PWNED",
    "&&",
    "$HOME",
    "%s%n%d",
    "{0}",
    "{",
    "\n",
    "a\nb",
    "a\nb.zarr/c",
    "\r",
    "\x1b[31mred",
    "[bold]x[/nope]",
    "[/]",
    "*",
    "?",
    "[",
    "[a-",
    "[!",
    "**",
    "\\",
    "C:\\x",
    "..",
    "../..",
    ".",
    "./",
    "/",
    "~",
    "~nosuchuser",
    "~nosuchuser/x.zarr",
    "--",
    "-",
    "---",
    "=",
    "--=",
    "--x",
    "-o",
    "-h=3",
    "--help=no",
    "None",
    "True",
    "null",
    "file://x.zarr",
    "s3://b/x.zarr",
    "http://127.0.0.1:9/",
    ":",
    "::",
    "a:",
    ":a",
    "a:b:c",
    ",",
    ",,",
    "a,,b",
    "x" * 300 + ".zarr",
    "y" * 300 + ".png",
    "y" * 300 + ".safetensors",
    "z" * 300 + ".py:x",
    "n/" * 3000 + "x.zarr",
    "notes.txt",
    "notes.txt/x.zarr",
    "folder.png",
    "/dev/null",
    "/dev/null/x.zarr",
    "/dev/null/x.png",
    "/proc/none/x.zarr",
    "mine.py",
    "a.zarr/\0",
    "a.zarr/" + "x" * 300,
    "a.zarr/.hidden",
    "a.zarr/..",
    "a.zarr//",
    "x.zarr/zarr.json",
    "s.zarr/slice/loss",
    "s.zarr/slice/x",
    "\ud800",
)
one_hostile = st.integers(0, len(HOSTILE) - 1).map(HOSTILE.__getitem__)  # so that no report lists them all
hostile = st.one_of(
    one_hostile, one_hostile, st.text(max_size=12).filter(lambda text: "/" not in text), st.text("0123456789-+.:,xeE_ ", max_size=8)
)


class Slot(NamedTuple):
    """A place for a value: what fits there (for some of the other values), and what does not."""

    good: tuple[str, ...]
    bad: tuple[str, ...] = ()

    def value(self, spoilt: bool) -> st.SearchStrategy[str]:
        if not spoilt:
            return st.sampled_from(self.good)
        return st.one_of(st.sampled_from(self.bad), hostile) if self.bad else hostile


NAMES = (
    "model",
    "number",
    "nothing",
    "words",
    "strange",
    "Strange",
    "needs",
    "boom",
    "leaves",
    "odd",
    "interrupted",
    "deep",
    "wordless",
    "empty",
    "targets",
    "shapes",
    "raising_loss",
    "scalar_loss",
    "words_loss",
    "late",
    "no_parameters",
    "bad_pair",
    "odd_pair",
    "empty_pair",
    "objectiv",
    "X",
    "la",
    "net",
    "__name__",
    "a.b",
    "",
    " ",
    "\0",
    "ü",
)
PLACES = (
    "raises.py",
    "syntax.py",
    "null.py",
    "latin.py",
    "needs.py",
    "exits.py",
    "empty.py",
    "notes.txt",
    "none.py",
    "package",
    "package.sub",
    "none",
    "./package",
    "..",
    "lossatlas",
    "lossatlas.cli",
    "os",
    "tab\tname.py",
    ".mine",
    "mine",
    "a..b",
    "a.",
    "1",
    "folder.png",
    "n\nn.py",
)
OBJECTIVE = Slot(
    ("mine.py:objective",) * 3 + ("mine.py:pair", "mine.py:with_bn", "mine.py:make", "mine.py:recomputing", "digits_mlp"),
    (
        *[f"mine.py:{name}" for name in NAMES],
        *[f"{place}:x" for place in PLACES],
        "mine.py",
        "digits_mpl",
        "resnet56",
        "stories260k",
        "mnist_fc_6_100",
        "digits_resnet",
    ),
)
BAD_WEIGHTS = (
    "nan.safetensors",
    "zero.safetensors",
    "junk.safetensors",
    "nothing.safetensors",
    "evil.pt",
    "evil.th",
    "noise.pt",
    "none.safetensors",
    "folder.png",
    "mine.py",
    "mlp.safetensors",
    "bn.safetensors",
)
STORE = Slot(
    ("s.zarr/slice", "s.zarr/line", "rep.zarr", "rep.zarr/a", "v.zarr", "v.zarr/volume", "half.zarr/slice"),
    (
        "s.zarr",
        "newer.zarr/slice",
        "damaged.zarr/slice",
        "damaged.zarr",
        "empty.zarr",
        "empty.zarr/a",
        "other.zarr",
        "other.zarr/other",
        "file.zarr",
        "file.zarr/a",
        "none.zarr",
        "s.zarr/slise",
    ),
)
TARGET = Slot(
    ("new.zarr", "new.zarr/a", "new.zarr/a/b", "s.zarr/new", "empty.zarr/a", "deep/er/new.zarr/a"),
    (
        "s.zarr/slice",
        "s.zarr/slice/in",
        "s.zarr",
        "half.zarr/slice",
        "newer.zarr/slice",
        "damaged.zarr/slice",
        "file.zarr/a",
        "other.zarr/other",
        "plain",
        "rep.zarr/a",
        "folder.png/a.zarr",
        "notes.txt/a.zarr",
    ),
)
WHOLE = ("-1", "1.5", "x", "9" * 18, "9" * 19, "9" * 5000, "١", "+1", " 1", "0x1", "")
SEED, NUMBER = Slot(("0", "1", "7"), WHOLE), Slot(("1", "2", "3"), ("0", *WHOLE))
MEASURING = {
    "--range": Slot(
        ("-1:1", "0:1", "auto", "auto:2", "-0.5:0.5"),
        (
            "-1:1,0:0",
            "1:-1",
            "0",
            "a:b",
            "nan:1",
            "0:inf",
            "-1e308:1e308",
            "1e-320:2e-320",
            "0:1e-300",
            "0:1,0:1,0:1",
            "0:1,0:1,0:1,0:1",
            "auto:1",
            "0:0",
            "auto:1e300",
            "auto:nan",
            "auto:",
            "auto:-3",
            "auto,auto",
            "1:1.0000000000000002",
            "-0:0",
            ":",
            "0:1:2",
            " 0 : 1 ",
            "5:6",
            "1e200:1e300",
        ),
    ),
    "--seed": SEED,
    "--bn": Slot(("eval", "batch", "recompute"), ("interpolate", "evel")),
    "--metric": Slot(("accuracy", "error"), ("token_accuracy", "acc")),
    "--split": Slot(("train", "test", "both"), ("valid",)),
    "--examples": Slot(("11", "20"), WHOLE),
    "--batch-size": Slot(("7", "100"), ("0", *WHOLE)),
    "--device": Slot(("cpu", "auto"), ("cuda", "cuda:99", "cpu:1", "gpu", "meta", "mps", "xla", "cpu:-1", "privateuseone")),
    "--checkpoint": Slot(("mlp.safetensors",), ("a.safetensors", *BAD_WEIGHTS)),
    "--data": Slot(
        ("digits",),
        (
            "digits:x",
            "mnist:none",
            "mnist:mine.py",
            "mnist:folder.png",
            "cifar10:.",
            "cifar10",
            "stories:notes.txt",
            "stories:none",
            "fashion-mnist:old.png",
            "xx:.",
            "mnist:\0",
            "mnist:~nosuchuser",
            "cifar10:" + "x" * 300,
            "stories:" + "x" * 300,
        ),
    ),
    "--method": Slot(("dense", "survey"), ("sparse",)),
    "--tolerance": Slot(("0.01", "0.5"), ("0", "1", "-1", "nan", "inf", "1e-400")),
    "--store": TARGET,
    "-o": Slot(("x.png", "x.svg", "old.png"), ("x.gif", "x", "none/x.png", "folder.png", ".png", "folder.png/x.png", "notes.txt/x.png")),
    "--as": Slot(("contour", "heatmap", "surface"), ("profile", "pie")),
}
DIRECTIONS = {
    "--directions": Slot(
        ("random", "a.safetensors,b.safetensors", "a.safetensors,b.safetensors,c.safetensors"),
        (
            "randon",
            "a.safetensors,a.safetensors",
            "a.safetensors,zero.safetensors",
            "a.safetensors,nan.safetensors",
            "a.safetensors,bn.safetensors",
            "a.safetensors",
            "none.safetensors,a.safetensors",
            "evil.pt,a.safetensors",
            ",",
            "a,b",
            "a.safetensors," + "x" * 300,
        ),
    ),
    "--normalize": Slot(("filter", "layer", "none"), ("filters",)),
    "--ignore": Slot(("", "bias", "norm", "bias,norm", "0.*"), ("*", "none*", "[", "all", ",")),
    "--params": Slot(("*", "0.*", "2.weight", "*.weight"), ("none*", "", ",", "[", "*.bias")),
    "--repeats": NUMBER,
    "--per": Slot(("class", "layer"), ("filter",)),
    "--layers": Slot(("0.*", "2.weight"), ("none*", "", ",", "[")),
}
OF_PLANES = ("--repeats", "--per", "--layers")
POINTS = {
    "--points": Slot(
        ("2", "3", "2x3", "2x2x2"),
        ("3x1", "1", "1x1", "0", "-2", "2x", "x2", "xx", "1.5", "3x0", "²", "99999999x99999999", "2x2x2x2", "1e1", "٣"),
    )
}
WEIGHTS = Slot(("a.safetensors", "b.safetensors", "c.safetensors", "b.pt"), BAD_WEIGHTS)
SCALE = Slot(("auto", "log", "linear"), ("lin",))
#: Command -> (positional arguments, options, those that are always there).
COMMANDS = {
    "slice": ([OBJECTIVE], {**MEASURING, **DIRECTIONS}, POINTS),
    "volume": ([OBJECTIVE], {**MEASURING, **{k: v for k, v in DIRECTIONS.items() if k not in OF_PLANES}}, POINTS),
    "line": ([OBJECTIVE, WEIGHTS, WEIGHTS], {k: v for k, v in MEASURING.items() if k != "--as"}, POINTS),
    "plane": ([OBJECTIVE, WEIGHTS, WEIGHTS, WEIGHTS], MEASURING, POINTS),
    "plot": (
        [STORE],
        {
            "--as": MEASURING["--as"],
            "--quantity": Slot(("loss", "loss_stderr"), ("accuracy", "loss_groups", "class_loss", "lose", "done", "alpha")),
            "--scale": SCALE,
            "--mark": Slot(("evaluated", "predicted"), ("both",)),
            "-o": MEASURING["-o"],
        },
        {},
    ),
    "info": ([STORE], {}, {}),
    "export": (
        [STORE],
        {
            "--quantity": Slot(("loss", "loss_stderr"), ("class_loss", "done", "lose")),
            "--scale": SCALE,
            "--repeat": SEED,
            "--class": SEED,
            "--height": Slot(("0", "0.5"), ("-1", "nan", "1e400", "x", "1e308")),
            "--split": Slot(("train", "test"), ("valid",)),
            "--layer": Slot(("0.weight",), ("x",)),
        },
        {
            "--to": Slot(
                ("x.csv", "x.h5", "x.nc", "x.vtp", "x.obj", "x.glb", "X.CSV", "old.csv"),
                (
                    "x.txt",
                    "x",
                    "none/x.csv",
                    "folder.png",
                    "old.csv/x.csv",
                    ".csv",
                    "y" * 251 + ".csv",
                    "y" * 251 + ".vtp",
                    "\0.csv",
                    "a\nb.vtp",
                    "\udcff.obj",
                ),
            )
        },
    ),
    "import": (
        [Slot(("paper.h5",), ("junk.h5", "none.h5", "folder.png", "mine.py", "old.csv")), TARGET],
        {"--split": Slot(("train",), ("test", "both"))},
        {},
    ),
    "data": (
        [Slot(("fetch",)), Slot(("mnist", "cifar10", "fashion-mnist"), ("mnits",))],
        {
            "--from": Slot(
                ("http://127.0.0.1:9", "http://127.0.0.1:9/x/", "https://127.0.0.1:9"),
                (
                    "ftp://127.0.0.1",
                    "http://",
                    "http://[",
                    "http://[::1",
                    "http://127.0.0.1:99999",
                    "http://127.0.0.1:0",
                    "http://a b",
                    "http://.",
                    "http://" + "x" * 70 + ".",
                    "http://ü\udcff",
                    "http://u:p@127.0.0.1:9",
                    "file:///etc",
                    "http://127.0.0.1:9/\n",
                    "http://127.0.0.1:9/ü",
                ),
            ),
            "--to": Slot(("new", "deep/er", "new.zarr"), ("folder.png", "notes.txt", "notes.txt/x", "")),
        },
        {},
    ),
    "demo": ([], {"-o": Slot(("new", "deep/er"), ("notes.txt", "notes.txt/x", "folder.png")), "--seed": SEED}, {}),
    "zoo": ([], {"--x": Slot(("",)), "-o": Slot(("x.png",))}, {}),
}
SHARES = {
    **{"slice": 60, "volume": 20, "line": 50, "plane": 40, "plot": 30, "info": 40},
    **{"export": 70, "import": 45, "data": 60, "demo": 25, "zoo": 10},
}


@st.composite
def arguments(draw: st.DrawFn, command: str) -> list[str]:
    """A command with its arguments: some values that do not fit, tokens dropped, doubled or put in."""
    positional, options, always = COMMANDS[command]
    names = draw(st.lists(st.sampled_from(list(options)), max_size=4, unique=True)) if options else []
    slots = [(None, slot) for slot in positional] + [*always.items()] + [(name, options[name]) for name in names]
    spoilt = draw(st.sets(st.integers(0, len(slots) - 1), max_size=2)) if slots else set()
    tokens = []
    for number, (name, slot) in enumerate(slots):
        value = draw(slot.value(number in spoilt))
        tokens += [value] if name is None else [f"{name}={value}"] if name.startswith("--") and draw(st.booleans()) else [name, value]
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 2]))):
        at, how = draw(st.integers(0, len(tokens))), draw(st.sampled_from(["drop", "twice", "insert", "option"]))
        if how in ("insert", "option"):
            tokens.insert(at, draw(hostile if how == "insert" else st.sampled_from([*options, *always, "--help", "--version", "-h"])))
        elif at < len(tokens):
            tokens[at : at + 1] = [] if how == "drop" else [tokens[at]] * 2
    return [command, *tokens]


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing long and nothing far away: few points, no training, no network."""

    def no_training(*rest: object) -> None:
        raise LossAtlasError("the demo would train now, which the fuzz suite leaves out")

    real = lossatlas.download.urlopen

    def near(request, **options):
        if "127.0.0.1" not in request.full_url:
            raise URLError("no network in this suite")
        return real(request, **options)

    monkeypatch.setattr(job, "MOST_POINTS", 36)
    monkeypatch.setattr(demo, "_train", no_training)
    monkeypatch.setattr(lossatlas.download, "time", SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr(lossatlas.download, "urlopen", near)


@pytest.mark.parametrize("command", COMMANDS)
def test_arguments(command: str, world: Path, pristine: Path, bounded: None) -> None:
    clean = snapshot(world)

    @inputs(SHARES[command])
    @given(arguments(command))
    def one(tokens: list[str]) -> None:
        answer = call(*tokens)
        if answer.code:
            count("arguments", answer.code)
        after = snapshot(world)
        try:
            check_answer(answer)
            check_debris(clean, after, answer, _targets(tokens))
        finally:
            if after != clean:
                restore(world, pristine, clean)

    one()


def _targets(tokens: list[str]) -> list[str]:
    """Where a command may have been told to write."""
    return [part for token in tokens for part in (token, token.partition("=")[2]) if part]


@pytest.mark.parametrize("command", [None, "slise", "data", "--", "-", "", "\0", "\udcff", "help", "-h -h", "--version=3"])
def test_commands_that_are_none(command: str | None, world: Path) -> None:
    before, answer = snapshot(world), call(*([] if command is None else command.split(" ")))
    check_answer(answer)
    if answer.code:
        count("arguments", answer.code)
    assert snapshot(world) == before


def test_so_many_were_tried(request: pytest.FixtureRequest) -> None:
    check_tried(request, "arguments", 300)
