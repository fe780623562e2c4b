"""Crop and flip: windows of the padded picture, in the right proportions, from a generator alone."""

import pytest
import torch

import lossatlas as la
from lossatlas.zoo.augment import crop_and_flip


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def windows(picture, padding, fill):
    """Every window of one padded picture, straight and mirrored, by slicing: {bytes: (top, left, mirrored)}."""
    _, height, width = picture.shape
    big = torch.tensor(fill).view(-1, 1, 1).repeat(1, height + 2 * padding, width + 2 * padding)
    big[:, padding : padding + height, padding : padding + width] = picture
    found = {}
    for top in range(2 * padding + 1):
        for left in range(2 * padding + 1):
            window = big[:, top : top + height, left : left + width]
            found[window.numpy().tobytes()] = (top, left, False)
            found[window.flip(2).numpy().tobytes()] = (top, left, True)
    return found


@pytest.mark.parametrize(("shape", "padding", "fill"), [((3, 8, 6), 4, (0.5, -1.0, 2.0)), ((1, 5, 9), 1, (0.0,))])
def test_every_picture_becomes_a_window_of_itself_and_all_windows_occur_alike(shape, padding, fill):
    n = 4000
    pictures = torch.randn(3, *shape, generator=generator(7))
    known = [windows(one, padding, fill) for one in pictures]
    which = torch.arange(n) % 3
    out = crop_and_flip(pictures[which], generator(), padding=padding, fill=fill)
    drawn = [known[k][one.contiguous().numpy().tobytes()] for k, one in zip(which.tolist(), out, strict=True)]
    side = 2 * padding + 1
    for place in (0, 1):
        counts = torch.bincount(torch.tensor([d[place] for d in drawn]), minlength=side)
        assert len(counts) == side and ((counts - n / side).abs() < 4 * (n / side) ** 0.5).all()
    assert abs(sum(d[2] for d in drawn) / n - 0.5) < 4 * 0.5 / n**0.5
    assert len(set(drawn)) == 2 * side**2 if padding == 1 else len({d[:2] for d in drawn}) > 75


def test_it_is_a_pure_function_of_pictures_and_generator():
    x = torch.randn(16, 3, 8, 8, generator=generator(3))
    before, state = x.clone(), torch.get_rng_state()
    a, b = crop_and_flip(x, generator(1)), crop_and_flip(x, generator(1))
    assert torch.equal(a, b) and not torch.equal(a, crop_and_flip(x, generator(2)))
    assert torch.equal(x, before) and torch.equal(torch.get_rng_state(), state)
    assert torch.equal(crop_and_flip(x, generator(), padding=0, flip=False), x)
    assert (crop_and_flip(x, generator(), padding=8, fill=(1.0, 2.0, 3.0)).amax((0, 2, 3)) >= torch.tensor([1.0, 2.0, 3.0])).all()


def test_what_is_no_picture_is_refused():
    with pytest.raises(la.InputError, match=r"inputs of shape \(4, 7\); expected pictures \(n, C, H, W\)"):
        crop_and_flip(torch.zeros(4, 7), generator())
    with pytest.raises(la.InputError, match=r"expected pictures \(n, 3, H, W\)"):
        crop_and_flip(torch.zeros(4, 1, 8, 8), generator(), fill=(0.0, 0.0, 0.0))
