"""Make the pictures of README out of what the programs put out: a report, a notebook, and the chart of docs/speed.md.

    .venv/bin/python .ci/pictures.py

Needs the extra `browser`, and Chromium. CI doesn't make them again: how a letter is drawn is the machine's own.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from PIL import Image, ImageChops

TREE = Path(__file__).resolve().parent.parent
IMAGES = TREE / "docs/images"
MISTAKE = "bias_from_one_vector"
# By the beginning of their text: what is told in one look, out of a notebook of many screens.
CELLS = ("# A soft margin SVM", "## 1. The data", "def scatter", 'check("soft_margin_svm")')
NOTEBOOK_MISTAKE = "stops_when_satisfied"
STYLE = """
body { margin: 12px; background: white; color: #1f2328 }
pre { font: 13px/1.45 "DejaVu Sans Mono", monospace; margin: 0 }
"""


def unpacked(assignment: str, scratch: Path) -> Path:
    """An assignment's folder as a student has it, with the reference's modules."""
    folder = scratch / assignment
    shutil.copytree(TREE / "assignments" / assignment, folder)
    for reference in (TREE / "solutions" / assignment).glob("*/*.py"):
        if reference.stem == reference.parent.name:
            shutil.copy(reference, folder)
    return folder


def mistaken(folder: Path, problem: str, mistake: str) -> None:
    """Lay a known mistake over a reference."""
    source = (TREE / "solutions" / folder.name / problem / "reject" / f"{mistake}.py").read_text(encoding="utf-8")
    with (folder / f"{problem}.py").open("a", encoding="utf-8") as file:
        file.write("\n\n" + source)


def photograph(page: str, path: Path, width: int) -> None:
    """Draw a page of HTML, and cut away what is empty around it."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("no Chromium was found")
    with tempfile.TemporaryDirectory() as scratch:
        source, shot = Path(scratch, "page.html"), Path(scratch, "page.png")
        source.write_text(page, encoding="utf-8")
        subprocess.run(
            [
                *(chromium, "--headless", "--no-sandbox", "--hide-scrollbars", "--force-device-scale-factor=1.5"),
                *("--virtual-time-budget=5000", f"--window-size={width},2600", f"--screenshot={shot}", source.as_uri()),
            ],
            check=True,
            capture_output=True,
            timeout=180,
        )
        image = Image.open(shot).convert("RGB")
    left, top, right, bottom = ImageChops.difference(image, Image.new("RGB", image.size, "white")).getbbox()
    framed = image.crop((max(left - 18, 0), max(top - 18, 0), right + 18, bottom + 18))
    framed.quantize(128).save(path, optimize=True)


def report(scratch: Path) -> None:
    """A report in a terminal, of a module with one mistake."""
    folder = unpacked("svm", scratch / "report")
    mistaken(folder, "cvxopt_svm", MISTAKE)
    command = [sys.executable, "-m", "autograder", "check", "cvxopt_svm.py"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    line = f"$ python -m autograder check cvxopt_svm.py\n{said}"
    photograph(f"<meta charset=utf-8><style>{STYLE}</style><pre>{html.escape(line)}</pre>", IMAGES / "report.png", 1000)


def notebook(scratch: Path) -> None:
    """Some cells of a notebook that was run beside a module with one mistake."""
    folder = unpacked("svm", scratch / "notebook")
    mistaken(folder, "soft_margin_svm", NOTEBOOK_MISTAKE)
    whole = nbformat.read(folder / "soft_margin_svm.ipynb", as_version=4)
    NotebookClient(
        whole, timeout=300, allow_errors=True, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    chosen = [cell for start in CELLS for cell in whole.cells if cell.source.lstrip().startswith(start)]
    if len(chosen) != len(CELLS):
        sys.exit(f"{len(chosen)} cells begin as {len(CELLS)} should: {CELLS}")
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(nbformat.v4.new_notebook(cells=chosen))
    photograph(page, IMAGES / "notebook.png", 980)


def chart() -> None:
    """Seconds a module, by grader, from the table of docs/speed.md."""
    text = (TREE / "docs/speed.md").read_text(encoding="utf-8")
    text = text[text.index("\n| ours, two workers") :].partition("\n\n")[0]
    rows = re.findall(r"^\| ([^|]+?) \| [\d.]+ \| [\d.]* ?\| ([\d.]+) \|", text, re.MULTILINE)
    names, seconds = [name.replace("`", "") for name, _ in rows], [float(value) for _, value in rows]
    mpl.rcParams.update({"svg.hashsalt": "autograder", "svg.fonttype": "none", "font.family": "sans-serif"})
    figure, axes = plt.subplots(figsize=(7.2, 2.8))
    colours = ["#0072B2" if name.startswith("ours") else "#999999" for name in names]
    axes.bar_label(axes.barh(names, seconds, color=colours), fmt="%g s", padding=3)
    axes.invert_yaxis()
    axes.set(xlabel="seconds per module, on two cores", xlim=(0, 1.12 * max(seconds)))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(IMAGES / "speed.svg", bbox_inches="tight", metadata={"Date": None})


def main() -> None:
    """Make all three."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        chart()
        report(Path(folder))
        notebook(Path(folder))


if __name__ == "__main__":
    main()
