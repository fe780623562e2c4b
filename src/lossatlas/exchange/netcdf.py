"""``.nc``: netCDF 4 through xarray and h5netcdf, everything with all its bits; ``xr.open_dataset`` reads it back.

netCDF's attributes are numbers and strings: whatever else a result says of itself (lists, dicts, None, truth) is written as
JSON, and the attribute ``json`` names those that were.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..extras import need

if TYPE_CHECKING:
    import xarray as xr


def write(ds: xr.Dataset, path: Path) -> list[str]:
    """Write a result."""
    need("h5netcdf", "a .nc file", "exchange")
    plain = ds.copy()
    encoded = [str(name) for name, value in ds.attrs.items() if not _fits(value)]
    plain.attrs = {str(name): json.dumps(value, default=_as_list) if str(name) in encoded else value for name, value in ds.attrs.items()}
    plain.attrs["json"] = " ".join(encoded)
    content = io.BytesIO()  # HDF5 on a full disk fails late and half; a result fits in memory
    plain.to_netcdf(content, engine="h5netcdf")
    path.write_bytes(content.getvalue())
    return []


def _as_list(value: Any) -> Any:
    """An array in attributes as lists; anything else that JSON does not know as its text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _fits(value: Any) -> bool:
    return isinstance(value, str | float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63)
