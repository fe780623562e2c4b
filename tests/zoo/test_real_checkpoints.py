"""Real trained networks on real data: the accuracies and losses that ``../shared/data/README.md`` lists.

The folder is no part of the project (its data may not be redistributed): where it is missing these tests are skipped
and say so. ``LOSSATLAS_DATA`` names another place for it.
"""

import importlib.util
import json
import math
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

import lossatlas as la
from lossatlas import zoo
from lossatlas.zoo import data, networks
from lossatlas.zoo.tokenizer import Tokenizer, read_tokenizer

FOLDER = Path(os.environ.get("LOSSATLAS_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


def needed(name: str) -> Path:
    """A path below the data folder; the test is skipped where it is missing."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{path} is missing: the real data lives beside the project (set LOSSATLAS_DATA)")
    return path


def load(name: str, file: str) -> tuple[nn.Module, dict[str, str]]:
    """A network of the zoo with a checkpoint's weights, in evaluation mode, and the checkpoint's metadata."""
    with safe_open(needed(f"weights/{file}.safetensors"), "pt") as opened:
        metadata = opened.metadata()
        state = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
    network = networks.build(name)
    missing, unexpected = network.load_state_dict(state, strict=False)
    assert not unexpected
    assert all(key.endswith("num_batches_tracked") for key in missing)
    return network.eval(), metadata


@torch.no_grad()
def measure(network: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[int, float]:
    """The number of right answers and the mean cross entropy."""
    logits = torch.cat([network(batch) for batch in inputs.split(125)])
    return int((logits.argmax(1) == targets).sum()), F.cross_entropy(logits.double(), targets).item()


@cache
def mnist() -> data.Source:
    return data.read(f"mnist:{needed('mnist.npz')}")


@pytest.fixture(scope="session")
def cifar10(tmp_path_factory) -> data.Source:
    """CIFAR-10 through its official pickles, written by the script beside the data (it compares their md5s)."""
    folder = needed("cifar10")
    pytest.importorskip("PIL", reason="the packed CIFAR-10 needs Pillow")
    spec = importlib.util.spec_from_file_location("load_cifar10", folder / "load_cifar10.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    out = tmp_path_factory.mktemp("cifar10")
    assert script.export(str(folder), str(out)), "the exported archive does not have the official md5s"
    return data.read(f"cifar10:{out}")


def inputs_for(source: data.Source, metadata: dict[str, str]) -> tuple[Tensor, Tensor]:
    mean, std = networks.input_normalization(metadata, source)
    return data.prepare(source.test, mean=mean, std=std, scale=source.scale)


@pytest.mark.parametrize(
    ("name", "right"), [("mnist_fc_6_100", 9629), ("mnist_fc_9_200", 9495), ("mnist_conv_small", 9825)]
)
def test_mnist_networks(name, right):
    network, metadata = load(name, name)
    # one picture in ten thousand may lie on the boundary and fall to the other side with other kernels
    assert measure(network, *inputs_for(mnist(), metadata))[0] == pytest.approx(right, abs=1)


def test_official_pickles_hold_the_official_pictures(cifar10):
    assert cifar10.train[0].shape == (50_000, 3, 32, 32)
    assert cifar10.test[0].shape == (10_000, 3, 32, 32)
    assert cifar10.train[1].bincount().tolist() == [5000] * 10
    assert cifar10.test[1].bincount().tolist() == [1000] * 10
    values = torch.arange(256).double() / 255
    for channel, (mean, std) in enumerate(zip(cifar10.mean, cifar10.std, strict=True)):
        share = cifar10.train[0][:, channel].reshape(-1).bincount(minlength=256).double() / (50_000 * 1024)
        assert float(share @ values) == pytest.approx(mean, abs=5.1e-5)
        assert float(share @ values.square() - (share @ values).square()) ** 0.5 == pytest.approx(std, abs=5.1e-5)


@pytest.mark.parametrize(
    ("name", "file", "right"),
    [
        ("cnn_a", "cnn_a_mix", 7677), ("cnn_a", "cnn_a_mix4", 7114), ("cnn_a", "cnn_a_adv", 6975),
        ("cnn_a", "cnn_a_adv4", 6007), ("resnet2b", "resnet2b", 6924), ("resnet4b", "resnet4b", 7720),
    ],
)  # fmt: skip
def test_small_cifar_networks(cifar10, name, file, right):
    network, metadata = load(name, f"cifar10_{file}")
    count, loss = measure(network, *inputs_for(cifar10, metadata))
    assert count == pytest.approx(right, abs=2)
    assert name != "cnn_a" or 0.685 < loss < 1.185  # "test loss .69 to 1.18 at the ends"


@pytest.mark.parametrize(
    ("name", "file", "published", "examples", "right", "mean"),
    [
        ("resnet8_tiny", "resnet8_mlperf_tiny", 0.8719, 2000, 1758, 0.4025), ("resnet20a", "resnet20", 0.9173, 1000, 915, 0.3842),
        ("resnet56a", "resnet56", 0.9339, 500, 470, 0.2627),
    ],
)  # fmt: skip
def test_deep_networks_on_the_first_pictures(cifar10, name, file, published, examples, right, mean):
    """The whole test set takes 5, 15 and 45 s and gave 8,719, 9,173 and 9,339 right (measured by hand with this code).

    Two checks: the first pictures out of 10,000 stand for them within 3 standard errors of a sample without replacement;
    and their own number of right answers moves by a picture or two only with other kernels.
    """
    network, metadata = load(name, f"cifar10_{file}")
    inputs, targets = inputs_for(cifar10, metadata)
    count, loss = measure(network, inputs[:examples], targets[:examples])
    error = math.sqrt(published * (1 - published) / examples * (1 - examples / 10_000))
    assert count / examples == pytest.approx(published, abs=3 * error)
    assert count == pytest.approx(right, abs=2)
    assert loss == pytest.approx(mean, abs=0.001)


@cache
def tokenizer() -> Tokenizer:
    return read_tokenizer(needed("weights/tok512.bin"))


def test_stories_survive_the_tokenizer():
    path = needed("text/tinystories_2MiB.txt")
    texts = [text.strip() for text in path.read_text(encoding="utf-8").split("<|endoftext|>")[:300]]
    for text in [*texts, "Ünïcödé 日本 🙂\n\ttabs"]:
        assert tokenizer().decode(tokenizer().encode(text)) == text
    assert len(tokenizer().pieces) == 512
    assert tokenizer().encode("Once upon a time") == [1, 403, 407, 261, 378]


def test_stories260k_on_100_stories():
    """1.41 per token on 100 stories, as an Objective on dict batches, and the first eight by hand."""
    network, metadata = load("stories260k", "stories260K")
    config = json.loads(metadata["config"])
    assert (config["dim"], config["hidden"], config["n_layers"]) == (64, 172, len(network.layers))
    objective = zoo.objective("stories260k", checkpoint=needed("weights/stories260K.safetensors"),
                              data=f"stories:{needed('text/tinystories_2MiB.txt')}", examples=100)
    measured = la.probes.loss(objective)(objective.point())
    assert sum(int((batch.value["labels"][:, 1:] != data.IGNORED).sum()) for batch in objective.data) == 37_072
    assert float(measured["loss"]) == pytest.approx(1.41, abs=0.005)
    assert 0.01 < float(measured["loss_stderr"]) < 0.05
    assert 0.5 < float(measured["token_accuracy"]) < 0.8
    for batch in data.stories(needed("text/tinystories_2MiB.txt"), tokenizer(), count=8, length=512):
        with torch.no_grad():
            logits, labels = network(batch["input_ids"])[:, :-1], batch["labels"][:, 1:]
        errors = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none", ignore_index=data.IGNORED)
        counted = int((labels != data.IGNORED).sum())
        assert float(objective.value(batch=batch)) == pytest.approx(errors.double().sum().item() / counted, rel=1e-6)


def test_line_between_two_trained_networks_has_a_real_barrier(cifar10):
    """A1 on real networks: exact ends (the listed losses), a wall of 2.3 to 2.5 between them (shared/data/README.md)."""
    mix, metadata = load("cnn_a", "cifar10_cnn_a_mix")
    adv, _ = load("cnn_a", "cifar10_cnn_a_adv")
    x, y = inputs_for(cifar10, metadata)
    one = la.Objective.from_module(mix, (x, y), "cross_entropy", metrics={"accuracy": la.metrics.accuracy})
    other = la.Objective.from_module(adv, (x, y), "cross_entropy")
    ds = la.sweep(la.probes.loss(one), la.line(one.point(), other.point()), {"alpha": la.axis(0, 1, 3)})
    assert float(ds.loss[0]) == float(one.value()) == pytest.approx(0.688, abs=0.001)
    assert float(ds.loss[-1]) == float(other.value()) == pytest.approx(0.910, abs=0.001)
    assert 2.3 < float(ds.loss.sel(alpha=0.5)) < 2.5
    assert int(ds.loss.values.argmax()) == 1


def test_slice_of_a_real_resnet(cifar10):
    """The centre is the trained network bit for bit; off the centre every loss is finite and higher (Li et al., Figure 5)."""
    network, metadata = load("resnet20a", "cifar10_resnet20")
    x, y = (part[:128] for part in inputs_for(cifar10, metadata))
    objective = la.Objective.from_module(network, (x, y), "cross_entropy", batch_size=50)
    ds = la.sweep(la.probes.loss(objective), la.random_slice(objective), {"alpha": la.axis(-1, 1, 3), "beta": la.axis(-1, 1, 3)})
    with torch.no_grad():
        total = sum(F.cross_entropy(network(x[i : i + 50]), y[i : i + 50], reduction="none").double().sum() for i in (0, 50, 100))
    assert float(ds.center_loss) == float(total / 128) == float(ds.loss.sel(alpha=0, beta=0))
    assert bool(np.isfinite(ds.loss).all())
    assert float(ds.loss.min()) == float(ds.center_loss)
