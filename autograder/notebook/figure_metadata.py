"""Metadata of figures: the data that a matplotlib figure shows, written into its PNG.

Runs beside student code and in students' own kernels, so it imports the standard library and NumPy, and matplotlib only
when asked to watch it. Colours, sizes, markers and fonts are left out: style is free.

The method by which matplotlib writes a PNG is replaced. Jupyter's inline figures and ``savefig`` both call it, in every
front end, so a picture in a notebook and one in a file carry the same text.
"""

from __future__ import annotations

import base64
import functools
import json
import sys
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

# The keyword of the text in a PNG that holds the data.
KEYWORD = "autograder-figure"
VERSION = 1

# A picture's text must stay small beside its pixels.
MAX_PACKED = 1 << 16
MAX_AXES = 64
MAX_ARTISTS = 64
MAX_TEXTS = 200
SAMPLES = 24
_MAX_TEXT = 120


def watch() -> None:
    """Have each PNG that matplotlib writes in this process carry the figure's data."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  only where figures are drawn

    original: Any = FigureCanvasAgg.print_png
    if getattr(original, "carries", False):
        return

    @functools.wraps(original)
    def print_png(self: Any, *args: Any, metadata: Any = None, **kwargs: Any) -> Any:
        # Who passes a chunk of their own says all that the file is to say.
        if "pnginfo" not in (kwargs.get("pil_kwargs") or {}) and (text := _text_of(self.figure)):
            metadata = {KEYWORD: text, **(metadata or {})}
        return original(self, *args, metadata=metadata, **kwargs)

    print_png.carries = True  # type: ignore[attr-defined]
    FigureCanvasAgg.print_png = print_png  # type: ignore[method-assign]


def watch_in_a_notebook() -> None:
    """Call :func:`watch` if this is a notebook's kernel."""
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        try:
            watch()
        except ImportError:
            pass  # without matplotlib there is nothing to watch


def packed(shown: Any) -> str:
    """Pack a figure's data as the text that a PNG carries."""
    plain = json.dumps(shown, separators=(",", ":"), allow_nan=False).encode()
    return base64.b64encode(zlib.compress(plain, 9)).decode("ascii")


def describe(figure: Any) -> dict[str, Any]:
    """Describe a figure: for each axes its texts, and of each artist the kind and the numbers."""
    return {
        "version": VERSION,
        "title": _words(figure.get_suptitle()),
        "axes": [_axes(axes) for axes in figure.axes[:MAX_AXES]],
    }


def _text_of(figure: Any) -> str:
    """Pack a figure's data; "" where that fails, for the picture must be shown anyway."""
    try:
        text = packed(describe(figure))
    except Exception:  # noqa: BLE001  in a student's kernel: whatever is drawn there, it must be shown
        return ""
    return text if len(text) <= MAX_PACKED else ""


def _axes(axes: Any) -> dict[str, Any]:
    legend = axes.get_legend()
    bars = {
        id(patch): container for container in axes.containers for patch in container if hasattr(patch, "get_height")
    }
    artists = [
        *({"kind": "line", **_named(line), **_series(line.get_xdata(), line.get_ydata())} for line in axes.lines),
        *(_collection(one) for one in axes.collections),
        *({"kind": "image", **_named(one), **_series((), one.get_array())} for one in axes.images),
        *_bars({id(one): one for one in bars.values()}.values()),
        *_patches(patch for patch in axes.patches if id(patch) not in bars),
    ]
    return {
        "title": _words(axes.get_title() or axes.get_title("left") or axes.get_title("right")),
        "x": _words(axes.get_xlabel()),
        "y": _words(axes.get_ylabel()),
        "xscale": axes.get_xscale(),
        "yscale": axes.get_yscale(),
        # A colour bar, or axes that are switched off, is not a plot that wants labels.
        "aside": axes.get_label() == "<colorbar>" or not axes.axison,
        "legend": [_words(text.get_text()) for text in legend.get_texts()[:MAX_ARTISTS]] if legend else [],
        "texts": [_words(text.get_text()) for text in axes.texts[:MAX_TEXTS]],
        "artists": artists[:MAX_ARTISTS],
    }


def _collection(collection: Any) -> dict[str, Any]:
    """Describe what consists of many paths: points, contours, meshes, filled areas."""
    kind = type(collection).__name__
    if kind == "PathCollection":
        offsets: Any = np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan)
        return {"kind": "points", **_named(collection), **_series(offsets[:, 0], offsets[:, 1])}
    if (levels := getattr(collection, "levels", None)) is not None:
        # Where the lines of each level lie on the whole: how many points they have depends on the last digit.
        heights = [path.vertices[:, 1].mean() if len(path.vertices) else np.nan for path in collection.get_paths()]
        return {"kind": "contours", **_series(levels, heights)}
    if (values := collection.get_array()) is not None:
        return {"kind": "mesh", **_named(collection), **_series((), values)}
    vertices = [path.vertices for path in collection.get_paths()[:1000]]
    corners = np.concatenate(vertices) if vertices else np.empty((0, 2))
    return {"kind": "area", **_named(collection), **_series(corners[:, 0], corners[:, 1])}


def _bars(containers: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for container in containers:
        middles = [(bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height() / 2) for bar in container]
        sideways = getattr(container, "orientation", None) == "horizontal"
        x = [bar.get_width() for bar in container] if sideways else [x for x, _ in middles]
        y = [y for _, y in middles] if sideways else [bar.get_height() for bar in container]
        yield {"kind": "bars", **_named(container), **_series(x, y)}


def _patches(patches: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for patch in patches:
        box = patch.get_path().get_extents(patch.get_patch_transform())
        yield {"kind": "shape", **_named(patch), **_series((box.x0, box.x1), (box.y0, box.y1))}


def _named(artist: Any) -> dict[str, str]:
    """Get an artist's label, but for matplotlib's own, which begin with `_`."""
    label = _words(artist.get_label())
    return {} if label.startswith("_") else {"label": label}


def _series(x: Any, y: Any) -> dict[str, Any]:
    return {name: found for name, values in (("x", x), ("y", y)) if (found := _numbers(values))}


def _numbers(values: Any) -> dict[str, Any] | None:
    """Summarize numbers to six digits: how many, their range and mean, and `SAMPLES` of them, evenly chosen."""
    array = np.ma.filled(np.ma.asarray(values).astype(float), np.nan)
    flat = array.ravel()
    if not flat.size:
        return None
    finite = flat[np.isfinite(flat)]
    found: dict[str, Any] = {"n": int(flat.size)}
    if array.ndim > 1:
        found["shape"] = list(array.shape)
    if finite.size:
        found |= {"min": _six(finite.min()), "max": _six(finite.max()), "mean": _six(finite.mean())}
    chosen = np.unique(np.linspace(0, flat.size - 1, min(SAMPLES, flat.size)).round().astype(int))
    found["at"] = [_six(value) if np.isfinite(value) else None for value in flat[chosen]]
    return found


def _six(value: Any) -> float:
    return float(f"{value:.6g}")


def _words(text: Any) -> str:
    return " ".join(str(text or "").split())[:_MAX_TEXT]
