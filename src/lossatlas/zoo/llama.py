"""A small Llama, written out: the network of ``stories260K``.

A token becomes a vector; each layer adds an attention and a gated feed-forward step to it, each on its RMS-normalized
value; the logits are the products of the last normalized value with the token vectors themselves (tied output). Queries
and keys are rotated by an angle that grows with the position, neighbouring components (0, 1), (2, 3) ... as a pair, so
that their product depends on the difference of positions only. Several query heads share one key and value head.

Attention is plain products and a softmax, not a fused kernel: second derivatives and forward-mode derivatives must
work, because curvature is what this library measures. The tables of angles are computed in ``forward``: they are no
parameters and no buffers, and a state dict holds the weights and nothing else.

Sources: Touvron et al., "Llama 2", 2023, section 2.2; Su et al., "RoFormer", 2021, section 3.4; Zhang, Sennrich, "Root
Mean Square Layer Normalization", 2019; Shazeer, "GLU Variants Improve Transformer", 2020; A. Karpathy, llama2.c, for
the sizes, the pairing of components and the 1e-5 in the normalization.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InputError

EPSILON = 1e-5  # llama2.c, in model.py (norm_eps) and run.c (rmsnorm)
THETA = 10000.0  # RoFormer, section 3.3: the base of the wavelengths


class Layer(nn.Module):
    """One Llama layer: attention with ``heads`` query and ``kv_heads`` key and value heads, then SwiGLU."""

    def __init__(self, *, dim: int, hidden: int, heads: int, kv_heads: int) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.size = heads, kv_heads, dim // heads
        self.attn_norm = nn.RMSNorm(dim, eps=EPSILON)
        self.wq = nn.Linear(dim, heads * self.size, bias=False)
        self.wk = nn.Linear(dim, kv_heads * self.size, bias=False)
        self.wv = nn.Linear(dim, kv_heads * self.size, bias=False)
        self.wo = nn.Linear(heads * self.size, dim, bias=False)
        self.ffn_norm = nn.RMSNorm(dim, eps=EPSILON)
        self.w1 = nn.Linear(dim, hidden, bias=False)
        self.w2 = nn.Linear(hidden, dim, bias=False)
        self.w3 = nn.Linear(dim, hidden, bias=False)

    def attention(self, x: Tensor, angles: Tensor, mask: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim); ``angles`` is (T, size/2), ``mask`` (.., T, T) is added to scores."""
        batch, time, _ = x.shape
        group = self.heads // self.kv_heads
        q = self.wq(x).reshape(batch, time, self.kv_heads, group, self.size)
        k = self.wk(x).reshape(batch, time, self.kv_heads, 1, self.size)
        v = self.wv(x).reshape(batch, time, self.kv_heads, 1, self.size)
        q, k, v = (t.permute(0, 2, 3, 1, 4) for t in (q, k, v))  # (B, kv_heads, group or 1, T, size)
        q, k = rotate(q, angles) / math.sqrt(self.size), rotate(k, angles)
        scores = q @ k.transpose(-2, -1)  # (B, kv_heads, group, T, T)
        weights = (scores + mask).softmax(dim=-1)
        y = weights @ v  # (B, kv_heads, group, T, size)
        y = y.permute(0, 3, 1, 2, 4).reshape(batch, time, self.heads * self.size)
        return self.wo(y)  # (B, T, dim)

    def forward(self, x: Tensor, angles: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attention(self.attn_norm(x), angles, mask)
        y = self.ffn_norm(x)
        return x + self.w2(F.silu(self.w1(y)) * self.w3(y))  # (B, T, hidden) inside, (B, T, dim) outside


class Llama(nn.Module):
    """A decoder-only language model, (B, T) token numbers -> (B, T, vocab) logits of the token that comes next.

    Args:
        dim: size of a token vector.
        hidden: size of the feed-forward step.
        layers: number of layers.
        heads: number of query heads; divides ``dim`` into parts of even size.
        kv_heads: number of key and value heads; divides ``heads``.
        vocab: number of tokens.
        length: longest input in tokens.

    Raises:
        InputError: where the numbers do not divide, or an input is not (B, T) with 1 <= T <= ``length``.

    The defaults are the sizes of ``stories260K``. Weights: linear and token weights normal with standard deviation
    0.02, as in llama2.c, from the global generator.
    """

    def __init__(
        self,
        *,
        dim: int = 64,
        hidden: int = 172,
        layers: int = 5,
        heads: int = 8,
        kv_heads: int = 4,
        vocab: int = 512,
        length: int = 512,
    ) -> None:
        super().__init__()
        if min(dim, hidden, layers, heads, kv_heads, vocab, length) < 1 or dim % (2 * heads) or heads % kv_heads:
            raise InputError(
                f"a Llama of dim {dim}, heads {heads}, kv_heads {kv_heads}, layers {layers} cannot be built; "
                "dim has to be a multiple of 2 heads, heads of kv_heads, all of them positive"
            )
        self.length, self.size = length, dim // heads
        self.tok = nn.Embedding(vocab, dim)
        kwargs = {"dim": dim, "hidden": hidden, "heads": heads, "kv_heads": kv_heads}
        self.layers = nn.ModuleList(Layer(**kwargs) for _ in range(layers))
        self.norm = nn.RMSNorm(dim, eps=EPSILON)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Logits (B, T, vocab) for token numbers (B, T).

        ``attention_mask`` (B, T), 0 on padding, is only needed for padding on the left. Padding on the right cannot
        change the logits of a real token, with or without it: a position looks at itself and at what stands before it.
        A padded position itself always sees itself, so that its (meaningless) logits are finite.
        """
        if input_ids.ndim != 2 or not 1 <= input_ids.shape[1] <= self.length:
            raise InputError(
                f"input_ids has shape {tuple(input_ids.shape)}; expected (batch, time) with 1 to {self.length} tokens"
            )
        time = input_ids.shape[1]
        x = self.tok(input_ids)  # (B, T, dim)
        precise = torch.promote_types(x.dtype, torch.float32)  # positions above 256 do not fit bfloat16
        angles = rope_angles(time, self.size, device=x.device, dtype=precise)  # (T, size/2)
        mask = _mask(time, attention_mask, like=x)  # (T, T) or (B, 1, 1, T, T)
        for layer in self.layers:
            x = layer(x, angles, mask)
        return F.linear(self.norm(x), self.tok.weight)  # (B, T, vocab), the output is tied to the tokens


def _mask(time: int, attention_mask: Tensor | None, *, like: Tensor) -> Tensor:
    """What is added to the scores: 0 where position t (row) sees position s (column), else -inf."""
    blocked = torch.ones(time, time, dtype=torch.bool, device=like.device).triu(1)  # (T, T), True where s > t
    if attention_mask is not None:
        own = torch.eye(time, dtype=torch.bool, device=like.device)
        padding = attention_mask[:, None, None, None, :] == 0  # (B, 1, 1, 1, T)
        blocked = blocked | (padding & ~own)  # (B, 1, 1, T, T)
    return torch.zeros(blocked.shape, dtype=like.dtype, device=like.device).masked_fill(blocked, -math.inf)


def rope_angles(time: int, size: int, *, device: torch.device | str, dtype: torch.dtype) -> Tensor:
    """The angle of each position and pair of components, (time, size / 2) in radians: t * 10000^(-2 i / size).

    Source: Su et al. 2021, equations 14 and 15.
    """
    exponents = torch.arange(0, size, 2, device=device, dtype=dtype) / size  # (size/2,)
    positions = torch.arange(time, device=device, dtype=dtype)
    return torch.outer(positions, THETA**-exponents)


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn the components (0, 1), (2, 3) ... of ``x`` (..., T, size) by ``angles`` (T, size / 2)."""
    even, odd = x[..., 0::2], x[..., 1::2]  # (..., T, size/2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)  # (..., T, size/2, 2)
    return turned.flatten(-2)  # (..., T, size)
