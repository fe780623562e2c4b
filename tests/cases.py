"""Small networks of every kind with data that fit them, all seeded: name -> (model, data, loss)."""

import torch
import torch.nn.functional as F
from torch import nn


def gen(seed=0):
    return torch.Generator().manual_seed(seed)


def seeded(make, seed=0):
    """A module built from a fixed seed, the global generator left alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make()


def blobs(n=50, d=6, classes=3, seed=0, dtype=torch.float32):
    x = torch.randn(n, d, generator=gen(seed), dtype=dtype)
    return x, torch.randint(classes, (n,), generator=gen(seed + 1))


def images(n=24, channels=2, size=6, classes=3, seed=0):
    return torch.randn(n, channels, size, size, generator=gen(seed)), torch.randint(classes, (n,), generator=gen(seed + 1))


def mlp(d=6, h=8, classes=3, seed=0, dropout=0.0):
    return seeded(
        lambda: nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Dropout(dropout), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, classes)), seed
    )


def convbn(channels=2, classes=3, seed=0):
    """Convolutions with BatchNorm whose running statistics were moved by a few training passes."""

    def make():
        net = nn.Sequential(
            nn.Conv2d(channels, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Conv2d(4, 5, 3, stride=2),
            nn.BatchNorm2d(5),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(5, classes),
        )
        with torch.no_grad():
            for layer in (net[1], net[4]):
                layer.weight.uniform_(0.5, 1.5)
                layer.bias.normal_(0, 0.3)
            for _ in range(5):
                net(torch.randn(16, channels, 6, 6) * 1.5 + 0.2)
        return net

    return seeded(make, seed)


class Mixed(nn.Module):
    """Grouped transposed, depthwise and dilated convolutions in one network."""

    def __init__(self):
        super().__init__()
        self.depthwise = nn.Conv2d(4, 8, 3, groups=4, padding=1)
        self.up = nn.ConvTranspose2d(8, 6, 2, stride=2, groups=2)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        return self.head(F.relu(self.up(F.relu(self.depthwise(x)))).mean((2, 3)))


class Tied(nn.Module):
    """An embedding whose table is also the output layer."""

    def __init__(self, words=11, width=6):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.mix = nn.Linear(width, width)
        self.head = nn.Linear(width, words, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, input_ids):
        return {"logits": self.head(torch.tanh(self.mix(self.embed(input_ids))))}


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.norm = nn.LayerNorm(6)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        return self.head(self.norm(x + self.attention(x, x, x, need_weights=False)[0]).mean(1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTM(5, 4, batch_first=True)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


class Segmenter(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(2, 4, 3, padding=1)
        self.two = nn.Conv2d(4, 3, 1)

    def forward(self, x):
        return self.two(F.relu(self.one(x)))


class WithBuffers(nn.Module):
    """A float buffer that is no running statistic, one that is not saved, and an integer one."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 3)
        self.register_buffer("position", torch.linspace(0, 1, 6))
        self.register_buffer("scale", torch.tensor(1.5), persistent=False)
        self.register_buffer("count", torch.tensor(3))

    def forward(self, x):
        return self.layer(x + self.position) * self.scale


class Writes(nn.Module):
    """A forward that writes to a float and an integer buffer and lets the float one act on the answer."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 3)
        self.register_buffer("drift", torch.zeros(3))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        out = self.layer(x) + self.drift
        self.drift.add_(0.5)
        self.calls += 1
        return out


class Samples(nn.Module):
    """A forward that draws from the process-wide torch generator also in eval mode."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 3)

    def forward(self, x):
        return self.layer(x + 0.3 * torch.randn_like(x))


def token_batch(n=9, length=7, words=11, seed=0):
    ids = torch.randint(words, (n, length), generator=gen(seed))
    labels = ids.clone()
    labels[0, 3:] = -100
    labels[4, 5:] = -100
    return {"input_ids": ids, "labels": labels}


def every():
    """name -> (model, data, loss) for networks that any part of the library must take."""
    labels = torch.randint(3, (20,), generator=gen(5))
    pixels = torch.randint(3, (20, 6, 6), generator=gen(6))
    pixels[3, :4] = -100
    return {
        "mlp": (mlp(), blobs(), "cross_entropy"),
        "dropout": (mlp(dropout=0.5), blobs(), "cross_entropy"),
        "convbn": (convbn(), images(), "cross_entropy"),
        "mixed": (seeded(Mixed), (torch.randn(20, 4, 4, 4, generator=gen(1)), labels), "cross_entropy"),
        "tied": (seeded(Tied), token_batch(), "causal_lm"),
        "attention": (seeded(Attention), (torch.randn(20, 4, 6, generator=gen(2)), labels), "cross_entropy"),
        "lstm": (seeded(Recurrent), (torch.randn(20, 4, 5, generator=gen(3)), labels), "cross_entropy"),
        "segmentation": (seeded(Segmenter), (torch.randn(20, 2, 6, 6, generator=gen(4)), pixels), "cross_entropy"),
        "buffers": (seeded(WithBuffers), blobs(), "cross_entropy"),
        "writes": (seeded(Writes), blobs(), "cross_entropy"),
        "samples": (seeded(Samples), blobs(), "cross_entropy"),
        "regression": (mlp(classes=2), (blobs()[0], torch.randn(50, 2, generator=gen(7))), "mse"),
        "binary": (mlp(classes=1), (blobs()[0], (blobs()[1] > 0).float()[:, None]), "bce"),
    }
