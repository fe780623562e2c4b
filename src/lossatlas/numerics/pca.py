"""Principal components of few long rows, such as the points of a training run, that never lie in memory together.

A run of m checkpoints of n parameters is a matrix X of shape (m, n) with m ≪ n; its rows are θ_i − θ_n (Li et al. 2018, section 7; the idea
of a plane through the end of the run is Lorch's, 2016). All that PCA needs of X is the Gram matrix G = X Xᵀ of shape (m, m), a sum over
columns: X is read once, some columns at a time, however long the run is. With C = I − 1 1ᵀ/m and eigenpairs C G C u = σ² u the
components are v = Xᵀ u / σ, for which X is read once more. Without centring, G itself takes the place of C G C.

Two shares tell how much of the motion a plane of such components holds, and they differ (METHODS, section 4, A13):

* the explained variance ratio, Σ_i (vᵀ(x_i − x̄))² / Σ_i ‖x_i − x̄‖², is what is written on axes since the paper, whose PCA centres its rows;
* a plane is drawn through θ_n, though, where x = 0, and not through the mean. Of the distances from there it holds
  Σ_i (vᵀx_i)² / Σ_i ‖x_i‖², which over all axes is 1 − Σ_i ‖residual_i‖² / Σ_i ‖x_i‖².

Products are made in the dtype of the rows, of at most 4096 columns at a time, and these are summed in float64: an entry of G is good to
about 1e-7 of ‖x_i‖‖x_j‖ where rows are float32. If that is too coarse for the last component that is wanted, the rows are read again
with products in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg.blas import dsyrk, ssyrk
from torch import Tensor

from ..errors import InputError

#: Columns in a product whose partial sums are made in the dtype of the rows.
COLUMNS = 4096
#: Below this share of the largest eigenvalue, products of float32 are too coarse.
COARSE = 1e-4
#: Below this share of the largest eigenvalue there is no component, only rounding of the rows.
ROUNDING = {torch.float32: 1e-11, torch.float64: 1e-14}

#: Each call goes through the columns of X anew: tensors (m, c), float32 or float64, all of one dtype.
Blocks = Callable[[], Iterable[Tensor]]


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Directions in which rows spread most.

    Attributes:
        components: orthonormal, shape (k, n), in the dtype of the rows; the row that lies farthest along one does so at a positive
            coordinate.
        explained: share of the variance about the mean along each, shape (k,).
        motion: share of the squared distances from zero along each, shape (k,).
        coordinates: of the rows along the components, from zero, shape (m, k).
        squares: squared norms of the rows, shape (m,).
        centred: whether the components are those of the rows about their mean.
    """

    components: Tensor
    explained: np.ndarray
    motion: np.ndarray
    coordinates: np.ndarray
    squares: np.ndarray
    centred: bool


def pca(blocks: Blocks, k: int = 2, *, centred: bool = True, names: Sequence[str] = ()) -> PrincipalComponents:
    """The first k principal components of the rows of a matrix that is read by columns.

    Args:
        blocks: goes through the columns: tensors of shape (m, c); it is called two or three times, and must give the same each time.
        k: components.
        centred: about the mean of the rows, as usual, or about zero.
        names: of the rows, for errors.

    Raises:
        InputError: fewer than 2 rows, rows that are not finite, or fewer than k directions in which they differ.
    """
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise InputError(f"components is {k!r}; expected a whole number of at least 1, such as 2")
    matrix, dtype = gram(blocks)
    _check_rows(matrix, names)
    values, vectors = _eigenpairs(matrix, centred)
    if dtype == torch.float32 and k <= len(values) and values[k - 1] < COARSE * values[0]:
        matrix, _ = gram(blocks, wide=True)
        values, vectors = _eigenpairs(matrix, centred)
    rank = int((values > ROUNDING[dtype] * values[0]).sum()) if values[0] > 0 else 0
    if rank < k:
        raise InputError(f"the {len(matrix)} points {_spread_words(rank)}; expected {k} directions or more for {k} components: record more "
                         f"steps, or take {f'{rank} of them' if rank else 'a run that moves'}")
    weights = vectors[:, :k] / np.sqrt(values[:k])
    coordinates = matrix @ _centring(len(matrix), weights, centred)
    sign = np.sign(coordinates[np.abs(coordinates).argmax(0), np.arange(k)])
    weights = torch.from_numpy(_centring(len(matrix), weights * sign, centred))
    components = _combined(blocks, weights, wide=values[k - 1] < COARSE * values[0])
    return PrincipalComponents(components, *shares(matrix, coordinates), coordinates * sign, np.diag(matrix).copy(), centred)


def gram(blocks: Blocks, *, wide: bool = False) -> tuple[np.ndarray, torch.dtype]:
    """Inner products of the rows, shape (m, m), float64, and the dtype of the rows; ``wide``: every product is float64, too."""
    total, dtype = None, torch.float64
    for block in blocks():
        dtype = block.dtype
        total = np.zeros((len(block), len(block))) if total is None else total
        for part in block.split(COLUMNS, dim=1):
            rows = part.contiguous()
            if wide or dtype == torch.float64:
                total = dsyrk(1.0, rows.double().numpy().T, beta=1.0, c=total, trans=1, overwrite_c=True)
            else:
                total += ssyrk(1.0, rows.numpy().T, trans=1)
    if total is None:
        raise InputError("there are no columns; expected points with parameters that move")
    upper = np.triu(total)
    return upper + np.triu(upper, 1).T, dtype


def shares(matrix: np.ndarray, coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The explained variance ratios and the shares of the motion along orthonormal axes, each of shape (k,).

    Args:
        matrix: Gram matrix of the rows, shape (m, m). coordinates: of the rows along the axes, shape (m, k).
    """
    about = coordinates - coordinates.mean(0)
    variance = np.trace(matrix) - matrix.sum() / len(matrix)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (about**2).sum(0) / variance, (coordinates**2).sum(0) / np.trace(matrix)


def held(blocks: Blocks, directions: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The same shares along given orthonormal directions, shape (k, n), for a plane beside that of the components."""
    coordinates, squares, mean, start = None, 0.0, 0.0, 0
    for block in blocks():
        rows, end = block.double(), start + block.shape[1]
        part = rows @ directions[:, start:end].double().T
        coordinates = part if coordinates is None else coordinates + part
        squares, mean, start = squares + float(rows.square().sum()), mean + float(rows.mean(0).square().sum()), end
    if coordinates is None:
        raise InputError("there are no columns; expected points with parameters that move")
    along = coordinates.numpy()
    about = along - along.mean(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (about**2).sum(0) / np.float64(squares - len(along) * mean), (along**2).sum(0) / np.float64(squares)


def _check_rows(matrix: np.ndarray, names: Sequence[str]) -> None:
    if len(matrix) < 2:
        raise InputError("there is one point, which moves nowhere; expected two or more: record more steps, or leave fewer out")
    if len(bad := np.flatnonzero(~np.isfinite(np.diag(matrix)))):
        raise InputError(f"{names[bad[0]] if names else f'point {bad[0]}'} has weights that are NaN or infinite, as {len(bad)} of "
                         f"{len(matrix)} points; expected finite ones: leave out the steps at which training had diverged")


def _eigenpairs(matrix: np.ndarray, centred: bool) -> tuple[np.ndarray, np.ndarray]:
    """Descending eigenvalues (m,) and eigenvectors (m, m)."""
    if centred:
        matrix = matrix - matrix.mean(0) - matrix.mean(1)[:, None] + matrix.mean()
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1], vectors[:, ::-1]


def _centring(m: int, weights: np.ndarray, centred: bool) -> np.ndarray:
    """C w: the same combination of the rows about their mean as w is of the rows."""
    return weights - weights.sum(0) / m if centred else weights


def _combined(blocks: Blocks, weights: Tensor, *, wide: bool) -> Tensor:
    """Combinations of the rows with weights (m, k), made orthonormal in float64, shape (k, n)."""
    parts = [(weights.T @ block.double()).to(block.dtype) if wide else weights.T.to(block.dtype) @ block for block in blocks()]
    out = torch.cat(parts, dim=1)
    del parts
    inner = torch.zeros(len(out), len(out), dtype=torch.float64)
    for part in out.split(COLUMNS, dim=1):
        inner += part.double() @ part.double().T
    mixing = torch.linalg.inv(torch.linalg.cholesky(inner))  # Gram and Schmidt: what rounding left of the later in the earlier ones
    for part in out.split(COLUMNS, dim=1):
        part.copy_(mixing @ part.double())
    return out


def _spread_words(rank: int) -> str:
    if rank == 0:
        return "are all the same"
    return "lie on one line" if rank == 1 else f"differ in {rank} directions alone"
