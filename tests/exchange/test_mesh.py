"""Surfaces: counted, bounded and coloured as their definition says, by readers that are not ours."""

import json
import re
import struct

import numpy as np
import pytest
import trimesh
from matplotlib import colormaps
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOGeometry import vtkGLTFReader
from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

import lossatlas as la
from lossatlas.exchange.glb import linear
from lossatlas.exchange.mesh import surface


def read_vtp(path):
    """Points, quads, point data and the name of the active scalars, by VTK itself."""
    reader = vtkXMLPolyDataReader()
    reader.SetFileName(str(path))
    reader.Update()
    assert not reader.GetErrorCode()
    found = reader.GetOutput()
    data, polys = found.GetPointData(), found.GetPolys()
    assert found.GetNumberOfCells() == polys.GetNumberOfCells() and found.GetMaxCellSize() == 4
    return (vtk_to_numpy(found.GetPoints().GetData()), vtk_to_numpy(polys.GetConnectivityArray()).reshape(-1, 4),
            {data.GetArrayName(k): vtk_to_numpy(data.GetArray(k)) for k in range(data.GetNumberOfArrays())}, data.GetScalars().GetName())


def chunks(path):
    """The JSON and binary chunk of a .glb, after a check of its frame."""
    content = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content)) and length % 4 == 0
    size, kind = struct.unpack_from("<I4s", content, 12)
    body_size, body_kind = struct.unpack_from("<I4s", content, 20 + size)
    assert (kind, body_kind) == (b"JSON", b"BIN\0") and 28 + size + body_size == length
    return json.loads(content[20 : 20 + size]), content[28 + size :]


def area_seen_from_above(points, faces):
    """Signed areas of the faces projected onto the plane: positive where counter-clockwise."""
    x, y = points[:, 0][faces], points[:, 1][faces]
    return 0.5 * (x * np.roll(y, -1, 1) - np.roll(x, -1, 1) * y).sum(1)


# --- vtp


def test_vtp_holds_every_quantity_at_every_point(plane, tmp_path):
    points, quads, data, shown = read_vtp(la.export(plane, tmp_path / "a.vtp", scale="linear"))
    assert points.shape == (15, 3) and len(quads) == 4 * 2 and points.dtype == np.float64
    x, y, z = points.T
    assert np.array_equal(z, 10 * x + y + 12) and sorted(set(x)) == [-1, -0.5, 0, 0.5, 1] and sorted(set(y)) == [-0.5, 0, 0.5]
    assert shown == "loss" and set(data) == {"loss", "loss_stderr", "accuracy"}
    assert np.array_equal(data["loss"], z) and np.array_equal(data["accuracy"], (x + 1) / 3) and (data["loss_stderr"] == 0.1).all()
    assert np.allclose(area_seen_from_above(points, quads), 0.25)


def test_vtp_on_a_log_scale(plane, tmp_path):
    points, _, data, shown = read_vtp(la.export(plane, tmp_path / "a.vtp"))
    assert shown == "log10_loss" and np.array_equal(data[shown], points[:, 2]) and np.array_equal(points[:, 2], np.log10(data["loss"]))


@pytest.mark.parametrize(("height", "top"), [(0, 0), (0.25, 0.5), (3, 6)])
def test_height_is_a_share_of_the_longer_side(plane, tmp_path, height, top):
    points, _, data, _ = read_vtp(la.export(plane, tmp_path / "a.vtp", height=height, scale="linear"))
    assert points[:, 2].min() == 0 and points[:, 2].max() == top
    loss = data["loss"]
    assert np.allclose(points[:, 2], top * (loss - loss.min()) / (loss.max() - loss.min()))


def test_another_quantity(plane, tmp_path):
    points, _, data, shown = read_vtp(la.export(plane, tmp_path / "a.vtp", quantity="accuracy"))
    assert shown == "accuracy" and np.array_equal(points[:, 2], data["accuracy"])


def test_names_that_are_no_xml(plane, tmp_path):
    ds = plane.rename(accuracy='a<b & "c"').assign({"λ_max": plane.loss})
    _, _, data, _ = read_vtp(la.export(ds, tmp_path / "a.vtp"))
    assert set(data) == {"loss", "loss_stderr", 'a<b & "c"', "λ_max", "log10_loss"}


def test_holes_stay_holes(holed, tmp_path):
    with pytest.warns(RuntimeWarning, match="6 of 15 cells are holes: a corner is not computed, not finite or not positive"):
        path = la.export(holed, tmp_path / "a.vtp")
    points, quads, data, _ = read_vtp(path)
    good = (holed["done"] & np.isfinite(holed["loss"])).values
    cells = good[:-1, :-1] & good[1:, :-1] & good[:-1, 1:] & good[1:, 1:]
    assert len(quads) == cells.sum() == 9 and np.isfinite(points).all() and np.isfinite(data["loss"]).all()
    corners = {tuple(points[quad][:, :2].min(0)) for quad in quads}
    assert corners == {(holed.alpha.values[i], holed.beta.values[j]) for i, j in np.argwhere(cells)}
    assert np.array_equal(np.unique(quads), np.arange(len(points))), "no vertex without a cell"
    for x, y, value in zip(*points[:, :2].T, data["loss"], strict=True):
        assert float(holed["loss"].sel(alpha=x, beta=y)) == value


def test_what_is_not_positive_is_a_hole_on_a_log_scale(plane, tmp_path):
    ds = plane.assign(loss=plane.loss - 12)
    assert len(read_vtp(la.export(ds, tmp_path / "a.vtp"))[1]) == 8, "auto is linear"
    with pytest.warns(RuntimeWarning, match="6 of 8 cells"):  # (0, 0) is zero, so only the cells from alpha = 0.5 on are whole
        assert len(read_vtp(la.export(ds, tmp_path / "a.vtp", scale="log"))[1]) == 2


def test_a_flat_field(make, tmp_path):
    ds = make({"alpha": la.axis(0, 1, 2), "beta": la.axis(0, 2, 3)}, {"loss": lambda a, b: 0 * a + 7})
    for suffix in ("vtp", "glb", "obj"):
        la.export(ds, tmp_path / f"a.{suffix}", height=0.5)
    points, *_ = read_vtp(tmp_path / "a.vtp")
    assert (points[:, 2] == 0).all() and (trimesh.load_mesh(tmp_path / "a.glb").bounds[:, 1] == 0).all()


# --- glb and obj


def gltf(path):
    """Points, triangles, normals and colours, by VTK's reader."""
    reader = vtkGLTFReader()
    reader.SetFileName(str(path))
    reader.Update()
    walk = reader.GetOutput().NewIterator()
    walk.InitTraversal()
    found = walk.GetCurrentDataObject()
    arrays = {name: vtk_to_numpy(found.GetPointData().GetArray(name)) for name in ("NORMAL", "COLOR_0")}
    return vtk_to_numpy(found.GetPoints().GetData()), vtk_to_numpy(found.GetPolys().GetConnectivityArray()).reshape(-1, 3), arrays


def test_glb_is_the_surface_with_y_up(plane, tmp_path):
    path = la.export(plane, tmp_path / "a.glb")
    points, triangles, arrays = gltf(path)
    assert points.shape == (15, 3) and triangles.shape == (16, 3)
    x, z, y = points[:, 0], points[:, 1], -points[:, 2]
    loss = 10 * x + y + 12
    rise = np.log10(loss / loss.min()) / np.log10(loss.max() / loss.min())
    assert np.allclose(z, 0.6 * 2 * rise, atol=1e-6) and z.min() == 0 and np.isclose(z.max(), 1.2)
    assert (area_seen_from_above(np.column_stack([x, y]), triangles) > 0).all()
    other = trimesh.load_mesh(path, process=False)
    assert np.array_equal(other.vertices, points) and np.array_equal(other.faces, triangles)
    normals = arrays["NORMAL"]
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6) and (normals[:, 1] > 0).all()
    facing = trimesh.Trimesh(points, triangles, process=False)
    assert np.allclose(facing.face_normals[0] @ normals[triangles[0]].mean(0), 1, atol=0.05)


def test_normals_of_a_tilted_plane(plane, tmp_path):
    _, _, arrays = gltf(la.export(plane, tmp_path / "a.glb", scale="linear", height=1))
    steep = np.array([10, 1]) * 2 / 21  # slope along alpha and beta
    expected = np.array([-steep[0], 1, steep[1]]) / np.sqrt(1 + (steep**2).sum())
    assert np.allclose(arrays["NORMAL"], expected, atol=1e-6)


def test_glb_has_the_colours_of_the_figures(plane, tmp_path):
    points, _, arrays = gltf(la.export(plane, tmp_path / "a.glb"))
    loss = 10 * points[:, 0] - points[:, 2] + 12
    place = np.log(loss / loss.min()) / np.log(loss.max() / loss.min())
    expected = colormaps["viridis"](place)[:, :3]
    light = arrays["COLOR_0"][:, :3].astype(float)
    displayed = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
    assert np.abs(displayed - expected).max() < 0.02  # one step of the table of 256 colours
    assert np.allclose(linear(np.array([0, 0.04045, 0.5, 1])), [0, 0.0031308, 0.21404114, 1], atol=1e-7)


def test_glb_is_valid_by_the_letter(holed, tmp_path):
    with pytest.warns(RuntimeWarning):
        document, body = chunks(la.export(holed, tmp_path / "a.glb"))
    assert document["asset"]["version"] == "2.0" and document["buffers"] == [{"byteLength": len(body)}]
    sizes = {5126: 4, 5125: 4}
    for view, accessor in zip(document["bufferViews"], document["accessors"], strict=True):
        width = {"VEC3": 3, "SCALAR": 1}[accessor["type"]] * sizes[accessor["componentType"]]
        assert view["byteLength"] == accessor["count"] * width and view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= len(body)
    primitive = document["meshes"][0]["primitives"][0]
    assert set(primitive["attributes"]) == {"POSITION", "NORMAL", "COLOR_0"}
    position = document["accessors"][primitive["attributes"]["POSITION"]]
    stored = np.frombuffer(body, "<f4", position["count"] * 3).reshape(-1, 3)
    assert stored.min(0).tolist() == position["min"] and stored.max(0).tolist() == position["max"]
    triangles = np.frombuffer(body, "<u4", offset=document["bufferViews"][primitive["indices"]]["byteOffset"])
    assert triangles.max() == position["count"] - 1 and len(triangles) == 9 * 2 * 3
    assert document["meshes"][0]["extras"]["quantity"] == "loss" and "z = log10 of loss" in document["meshes"][0]["extras"]["axes"]


@pytest.mark.filterwarnings("ignore:All-NaN slice", "ignore:invalid value encountered in cast")  # trimesh looks for textures
def test_obj(plane, tmp_path):
    path = la.export(plane, tmp_path / "a.obj")
    points, triangles, _ = gltf(la.export(plane, tmp_path / "a.glb"))
    found = trimesh.load_mesh(path, process=False, maintain_order=True)
    assert np.allclose(found.vertices, points, atol=1e-6) and len(found.faces) == len(triangles)
    assert np.abs(found.visual.vertex_colors[:, :3] / 255 - surface(plane, "loss", "auto", 0.6).colors).max() < 0.003
    text = path.read_text()
    assert len(re.findall(r"^f (\d+//\d+ ?){4}$", text, re.MULTILINE)) == 8
    assert text.startswith("# lossatlas, toy: x = alpha, y = beta, z = log10 of loss, from ")


# --- which plane


@pytest.mark.parametrize("suffix", ["vtp", "glb", "obj"])
def test_one_plane_of_several(make, pair, tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    with pytest.raises(la.InputError, match=r"2 labels on 'split' \(train, test\), and a surface shows one; write --split train"):
        la.export(pair, path)
    axes = {"alpha": la.axis(0, 1, 3), "beta": la.axis(0, 1, 2)}
    several = make({"repeat": np.arange(2.0), **axes}, {"loss": lambda k, a, b: 1 + a + 7 * k})
    with pytest.raises(la.InputError, match=r"'repeat' \(0, 1\).*write --repeat 0 \(repeat=… in Python"):
        la.export(several, path)
    with pytest.raises(la.InputError, match="repeat is 2; expected one of 0, 1"):
        la.export(several, path, repeat=2)
    with pytest.raises(la.InputError, match="split is 'train', and this result has no dim 'split'; leave split out"):
        la.export(several, path, split="train")
    assert not path.exists()


def test_the_plane_that_was_asked_for(make, pair, tmp_path):
    points, _, data, _ = read_vtp(la.export(pair, tmp_path / "a.vtp", split="test", scale="linear"))
    assert np.array_equal(points[:, 2], 3 * points[:, 1] - points[:, 0] + 20) and "accuracy" in data
    axes = {"alpha": la.axis(0, 1, 3), "beta": la.axis(0, 1, 2)}
    several = make({"repeat": np.arange(2.0), **axes}, {"loss": lambda k, a, b: 1 + a + 7 * k})
    points, *_ = read_vtp(la.export(several, tmp_path / "a.vtp", repeat=1, scale="linear"))
    assert np.array_equal(points[:, 2], 8 + points[:, 0])
    single = several.isel(repeat=[0])
    assert len(read_vtp(la.export(single, tmp_path / "a.vtp"))[0]) == 6


def test_layers_and_classes(make, tmp_path):
    axes = {"alpha": la.axis(0, 1, 3), "beta": la.axis(0, 1, 2)}
    ds = make(axes, {"loss": lambda a, b: 1 + a})
    ds["class_loss"] = (("alpha", "beta", "class"), np.arange(1, 13.0).reshape(3, 2, 2))
    ds = ds.assign_coords({"class": [0, 1]})
    with pytest.raises(la.InputError, match=r"'class' \(0, 1\).*--class 0 \(class_=… in Python"):
        la.export(ds, tmp_path / "a.vtp", quantity="class_loss")
    points, _, data, _ = read_vtp(la.export(ds, tmp_path / "a.vtp", quantity="class_loss", class_=1, scale="linear"))
    assert points[:, 2].tolist() == [2, 4, 6, 8, 10, 12] and set(data) == {"loss", "class_loss"}
    assert set(read_vtp(la.export(ds, tmp_path / "a.vtp"))[2]) == {"loss", "log10_loss"}
    layered = make({"layer": np.arange(2.0), **axes}, {"loss": lambda k, a, b: 1 + a + k}).assign_coords(layer=["conv", "fc"])
    with pytest.raises(la.InputError, match="did you mean 'conv'"):
        la.export(layered, tmp_path / "a.vtp", layer="conf")
    points, *_ = read_vtp(la.export(layered, tmp_path / "a.vtp", layer="fc", scale="linear"))
    assert np.array_equal(points[:, 2], 2 + points[:, 0])


def test_what_has_no_surface(make, plane, tmp_path):
    line = make({"alpha": la.axis(0, 1, 3)}, {"loss": lambda a: 1 + a})
    axes = {"alpha": la.axis(0, 1, 2), "beta": la.axis(0, 1, 2), "gamma": la.axis(0, 1, 2)}
    row = make({"alpha": la.axis(0, 0, 1), "beta": la.axis(0, 1, 3)}, {"loss": lambda a, b: 1 + b})
    nothing = plane.assign(done=~plane.done)
    for ds, said in ((line, "a profile"), (make(axes, {"loss": lambda a, b, c: 1 + a}), "a volume"), (row, "no cell of this 1 × 3 plane"),
                     (nothing, "no cell of this 5 × 3 plane")):
        for suffix in ("vtp", "glb", "obj"):
            with pytest.raises(la.InputError, match=said):
                la.export(ds, tmp_path / f"a.{suffix}")
    for options, said in (({"quantity": "los"}, "did you mean 'loss'"), ({"quantity": "done"}, "expected one of loss, accuracy"),
                          ({"scale": "ln"}, "expected one of auto, log, linear"), ({"height": -1}, "height is -1; expected 0"),
                          ({"height": float("nan")}, "height is nan")):
        with pytest.raises(la.InputError, match=said):
            la.export(plane, tmp_path / "a.vtp", **options)
    assert not list(tmp_path.iterdir())
