"""Metadata of figures: the data that a matplotlib figure shows, without its style, written into its PNG.

Runs beside student code and in students' own kernels, so it imports the standard library and NumPy, and matplotlib only
when asked to watch it. The method by which matplotlib writes a PNG is replaced: Jupyter's inline figures and
``savefig`` both call it, so a picture in a notebook and one in a file carry the same text.
"""

from __future__ import annotations

import base64
import functools
import json
import sys
import zlib
from typing import Any

import numpy as np

# The keyword of the text in a PNG that holds the data.
KEYWORD = "autograder-figure"
VERSION = 2

# A picture's text must stay small beside its pixels.
MAX_PACKED = 1 << 16
MAX_AXES = 64
MAX_ARTISTS = 64
MAX_TEXTS = 200
SAMPLES = 24
_MAX_TEXT = 120


def watch() -> None:
    """Make each PNG that matplotlib writes in this process carry the figure's data."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  only where figures are drawn

    original: Any = FigureCanvasAgg.print_png
    if getattr(original, "carries", False):
        return

    @functools.wraps(original)
    def print_png(self: Any, *args: Any, metadata: Any = None, **kwargs: Any) -> Any:
        # A caller that passes its own metadata decides alone what the file holds.
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


def _text_of(figure: Any) -> str:
    """Pack a figure's data; "" where that fails, since the picture must be shown anyway."""
    try:
        axes = [_axes(axes) for axes in figure.axes[:MAX_AXES]]
        text = packed({"version": VERSION, "title": _words(figure.get_suptitle()), "axes": axes})
    except Exception:  # noqa: BLE001  in a student's kernel: whatever is drawn there, it must be shown
        return ""
    return text if len(text) <= MAX_PACKED else ""


def _axes(axes: Any) -> dict[str, Any]:
    legend = axes.get_legend()
    boxes = [patch.get_path().get_extents(patch.get_patch_transform()) for patch in axes.patches]
    ends = [(x, y) for box in boxes for x, y in ((box.x0, box.y0), (box.x1, box.y1))]
    artists = [
        *(_artist("line", line, line.get_xdata(), line.get_ydata()) for line in axes.lines),
        *(_collection(one) for one in axes.collections),
        *(_artist("image", one, (), one.get_array()) for one in axes.images),
        *([_artist("shapes", None, [x for x, _ in ends], [y for _, y in ends])] if ends else []),
    ]
    return {
        "title": _words(axes.get_title() or axes.get_title("left") or axes.get_title("right")),
        "x": _words(axes.get_xlabel()),
        "y": _words(axes.get_ylabel()),
        "xscale": axes.get_xscale(),
        "yscale": axes.get_yscale(),
        # A colour bar, and axes that are switched off, need no labels.
        "aside": axes.get_label() == "<colorbar>" or not axes.axison,
        "legend": [_words(text.get_text()) for text in legend.get_texts()[:MAX_ARTISTS]] if legend else [],
        "texts": [_words(text.get_text()) for text in axes.texts[:MAX_TEXTS]],
        "artists": artists[:MAX_ARTISTS],
    }


def _collection(one: Any) -> dict[str, Any]:
    if type(one).__name__ == "PathCollection":
        offsets: Any = np.ma.filled(np.ma.asarray(one.get_offsets(), dtype=float), np.nan)
        return _artist("points", one, offsets[:, 0], offsets[:, 1])
    if (levels := getattr(one, "levels", None)) is not None:
        # The mean height of each level's lines: the number of their points depends on rounding.
        heights = [path.vertices[:, 1].mean() if len(path.vertices) else np.nan for path in one.get_paths()]
        return _artist("contours", None, levels, heights)
    if (values := one.get_array()) is not None:
        return _artist("mesh", one, (), values)
    corners = np.concatenate([np.empty((0, 2)), *(path.vertices for path in one.get_paths()[:1000])])
    return _artist("area", one, corners[:, 0], corners[:, 1])


def _artist(kind: str, labelled: Any, x: Any, y: Any) -> dict[str, Any]:
    label = _words(labelled.get_label()) if labelled else ""
    # Matplotlib's own labels begin with `_`.
    return {"kind": kind, "label": "" if label.startswith("_") else label, "x": _numbers(x), "y": _numbers(y)}


def _numbers(values: Any) -> list[float | None]:
    """Choose at most `SAMPLES` of some numbers, evenly, to six digits."""
    flat = np.ma.filled(np.ma.asarray(values).astype(float), np.nan).ravel()
    chosen = np.unique(np.linspace(0, flat.size - 1, min(SAMPLES, flat.size)).round().astype(int))
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in flat[chosen]]


def _words(text: Any) -> str:
    return " ".join(str(text or "").split())[:_MAX_TEXT]
