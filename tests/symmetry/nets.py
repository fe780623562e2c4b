"""Small networks of every kind, each with data, for permutations."""

from itertools import pairwise

import torch
from torch import nn

import lossatlas as la
from lossatlas.zoo.densenet import DenseNet
from lossatlas.zoo.llama import Llama
from lossatlas.zoo.resnet import CifarResNet
from lossatlas.zoo.vgg import Vgg


class Encoder(nn.Module):
    """torch's own attention."""

    def __init__(self, width=8, heads=2):
        super().__init__()
        layer = nn.TransformerEncoderLayer(width, heads, 12, batch_first=True, dropout=0.0)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.embed, self.head = nn.Embedding(9, width), nn.Linear(width, 4)

    def forward(self, x):
        return self.head(self.body(self.embed(x)).mean(1))


class Gpt(nn.Module):
    """q, k and v in one projection, positions, a tied output, fused attention."""

    def __init__(self, width=8, heads=2):
        super().__init__()
        self.heads = heads
        self.wte, self.wpe = nn.Embedding(9, width), nn.Embedding(6, width)
        self.ln1, self.ln2, self.lnf = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.out = nn.Linear(width, 12), nn.Linear(12, width)

    def forward(self, ids):
        x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1]))
        b, t, c = x.shape
        q, k, v = (s.view(b, t, self.heads, c // self.heads).transpose(1, 2) for s in self.attn(self.ln1(x)).split(c, dim=2))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(b, t, c))
        x = x + self.out(nn.functional.gelu(self.fc(self.ln2(x))))
        return self.lnf(x)[:, -1] @ self.wte.weight.T


class Grouped(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.g, self.d = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 12, 3, groups=4), nn.Conv2d(12, 12, 3, groups=12)
        self.norm, self.head = nn.GroupNorm(2, 8), nn.Linear(12, 4)

    def forward(self, x):
        return self.head(self.d(self.g(self.norm(self.a(x)).relu()).relu()).relu().mean((2, 3)))


class Vit(nn.Module):
    """Patches, a class token, q, k and v in one, taken apart by index."""

    def __init__(self, width=8):
        super().__init__()
        self.first, self.places = nn.Parameter(torch.randn(1, 1, width)), nn.Parameter(torch.randn(1, 5, width))
        self.patch, self.norm, self.head = nn.Conv2d(3, width, 4, stride=4), nn.LayerNorm(width), nn.Linear(width, 4)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(len(x), -1, -1), x], 1) + self.places
        b, n, c = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(b, n, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        y = ((q @ k.transpose(-2, -1)).softmax(-1) @ v).transpose(1, 2).reshape(b, n, c)
        return self.head((x + self.proj(y))[:, 0])


class Unet(nn.Module):
    """Transposed convolution, concatenation with the input, InstanceNorm, PReLU, weights that are computed."""

    def __init__(self):
        super().__init__()
        normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(6, 6, 3, padding=1))
        spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(8, 8))
        self.down, self.middle, self.up = nn.Conv2d(3, 6, 3, stride=2, padding=1), normed, nn.ConvTranspose2d(6, 4, 2, stride=2)
        self.slope, self.norm, self.out = nn.PReLU(6), nn.InstanceNorm2d(6, affine=True), nn.Conv2d(7, 5, 1)
        self.tail = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), spectral, nn.ReLU(), nn.Linear(8, 4))

    def forward(self, x):
        y = self.up(self.norm(self.middle(self.slope(self.down(x)))).relu())
        return self.tail(self.out(torch.cat([y, x], 1)).relu().mean((2, 3)))


def mlp(widths=(6, 8, 8, 8, 4)):
    layers = [step for a, b in pairwise(widths) for step in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def convnet():
    return nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(36, 8), nn.ReLU(), nn.Linear(8, 4))


NETS = {
    "mlp": mlp, "convnet": convnet, "vgg": lambda: Vgg(((4,), (6,)), pixels=8, classes=4),
    "option_a": lambda: CifarResNet(8, shortcut="identity", width=4, classes=4),
    "projection": lambda: CifarResNet(8, shortcut="projection", width=4, classes=4),
    "noshort": lambda: CifarResNet(8, shortcut="none", width=4, classes=4),
    "densenet": lambda: DenseNet((1, 1, 1, 1), growth=2, classes=4),
    "grouped": Grouped, "encoder": Encoder, "gpt": Gpt, "vit": Vit, "unet": Unet,
    "llama": lambda: Llama(dim=16, hidden=12, layers=1, heads=4, kv_heads=2, vocab=9, length=8),
}


def batch(name, n=8):
    """Inputs and targets that a network takes."""
    g = torch.Generator().manual_seed(0)
    if name == "llama":
        ids = torch.randint(0, 9, (n, 5), generator=g)
        return [{"input_ids": ids, "labels": ids}]
    y = torch.randint(0, 4, (n,), generator=g)
    if name in ("encoder", "gpt"):
        return torch.randint(0, 9, (n, 6), generator=g), y
    return torch.randn(n, *((6,) if name == "mlp" else (3, 8, 8)), generator=g), y


def objective(name, seed=0, dtype=None, net=None):
    """An objective of a network whose norms are not all ones and zeros."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = (NETS[name] if net is None else net)()
        with torch.no_grad():
            for tensor in [*module.parameters(), *(b for b in module.buffers() if b.is_floating_point())]:
                if tensor.ndim == 1:
                    tensor.add_(0.2 * torch.rand_like(tensor))
    layout = {"first": None, "places": None} if name == "vit" else None
    return la.Objective.from_module(module, batch(name), "causal_lm" if name == "llama" else "cross_entropy", dtype=dtype, layout=layout)
