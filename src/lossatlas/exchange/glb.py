"""``.glb``, binary glTF 2.0 (Khronos Group 2017), for Blender and any 3D viewer: triangles with normals and colours.

A file is a JSON chunk that describes and a binary chunk that holds four arrays, so it is written here: trimesh would round
colours to 8 bits and store them as sRGB, where the format wants linear light, and pygltflib brings five packages along.
y is up, as the format asks.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from ..version import __version__
from .mesh import Mesh

_FLOAT, _UINT = 5126, 5125  # component types
_VERTICES, _INDICES = 34962, 34963  # targets of buffer views


def write(mesh: Mesh, path: Path) -> None:
    """Write a mesh."""
    points, normals = mesh.y_up
    arrays = (("POSITION", points.astype("<f4"), "VEC3"), ("NORMAL", normals.astype("<f4"), "VEC3"),
              ("COLOR_0", linear(mesh.colors).astype("<f4"), "VEC3"), ("indices", mesh.triangles.astype("<u4").ravel(), "SCALAR"))
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []
    start = 0
    for number, (name, array, kind) in enumerate(arrays):
        views.append({"buffer": 0, "byteOffset": start, "byteLength": array.nbytes, "target": _INDICES if name == "indices" else _VERTICES})
        accessors.append({"bufferView": number, "componentType": _UINT if name == "indices" else _FLOAT, "count": len(array), "type": kind})
        start += array.nbytes
    accessors[0] |= {"min": arrays[0][1].min(axis=0).tolist(), "max": arrays[0][1].max(axis=0).tolist()}
    name = mesh.title or mesh.axis.label
    document = {
        "asset": {"version": "2.0", "generator": f"lossatlas {__version__}"}, "scene": 0, "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": name}],
        "meshes": [{"name": name, "primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1, "COLOR_0": 2}, "indices": 3, "material": 0}],
                    "extras": {"quantity": mesh.axis.label, "scale": mesh.axis.scale, "limits": mesh.axis.limits, "axes": mesh.meaning}}],
        "materials": [{"pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.7}, "doubleSided": True}],
        "accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": start}]}
    text = json.dumps(document, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    body = b"".join(array.tobytes() for _, array, _ in arrays)  # every element has 4 bytes: no padding is needed
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(body)) + struct.pack("<I4s", len(text), b"JSON") + text
                     + struct.pack("<I4s", len(body), b"BIN\0") + body)


def linear(srgb: np.ndarray) -> np.ndarray:
    """Colours as displayed (sRGB, IEC 61966-2-1) as linear light, both in 0..1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
