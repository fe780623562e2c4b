"""What a group says of itself (spec, coordinates, attributes): as its zarr attributes, with a checksum, and once more beside them.

A flipped bit in a coordinate would be a wrong number, and a damaged description would cost all the values it describes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import StoreError, first_line

#: Version of the layout described above; a newer one is refused. 1 had no checksum and no second description.
FORMAT = 2
#: The second copy of the description: inside an array, where zarr lists nothing.
COPY = Path("done", ".description.json")
#: The description of the log of a watched run (:mod:`.log`), which is no zarr group.
DESCRIPTION = "monitor.json"


def exists(path: Path) -> bool:
    """Whether a group lies there (its description may be damaged)."""
    return os.path.isfile(path / "zarr.json") or os.path.isfile(path / COPY)  # not Path.is_file, which raises where a name is too long


def is_log(path: str | Path) -> bool:
    """Whether the log of a watched run lies there (:func:`lossatlas.result.log.read_log`)."""
    return os.path.isfile(os.path.join(path, DESCRIPTION))


def checksum(attributes: Mapping[str, Any]) -> str:
    """16 hexadecimal digits over all that a group says of itself, but themselves."""
    meta = {key: value for key, value in attributes["lossatlas"].items() if key != "checksum"}
    return checksum_of({**attributes, "lossatlas": meta})


def checksum_of(plain: Mapping[str, Any]) -> str:
    """16 hexadecimal digits over data as JSON has them."""
    return hashlib.blake2b(json.dumps(plain, sort_keys=True).encode(), digest_size=8).hexdigest()


def description(path: Path) -> dict[str, Any]:
    """What a group says of itself, from the first copy that is whole.

    Raises:
        StoreError: no copy is whole, or it is no result of ours.
    """
    why, other = "", None
    for place in (path / "zarr.json", path / COPY):
        try:
            found = json.loads(place.read_bytes())
            attributes = found["attributes"] if place.name == "zarr.json" else found
            if "lossatlas" not in attributes and not (path / COPY).exists():
                raise StoreError(f"no result at {path}, a zarr {found.get('node_type', 'node')}; expected a group that lossatlas wrote")
            format_ = attributes["lossatlas"]["format"]
            if format_ > FORMAT or (format_ == 1 and not (path / COPY).exists()):  # a newer one may have another checksum, 1 has none
                other = other or attributes
            elif attributes["lossatlas"]["checksum"] == checksum(attributes):
                return attributes
            else:
                why = why or "its checksum does not fit"
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            why = why or f"{type(error).__name__}: {first_line(error)}"
    if other is None:
        raise StoreError(damaged(path, why))
    return other


def damaged(path: Path, why: str) -> str:
    """The message about a description that cannot be used."""
    return (f"the description of {path} is damaged ({why}); expected what lossatlas wrote: delete the group and run again")
