"""Figures that are missing, of other data, or made up, and modules that train a bad model."""

from __future__ import annotations

from damage.edits import RUNS, STALE, THE_FIGURE_AND_THE_MODEL, Row, added, both, outputs, replaced, stream
from damage.notebook import FILL, IMPORTS, PICTURE, RESULT
from damage.pictures import of_a_line, of_a_screenshot, of_made_up_data, of_other_data, with_picture

# A figure that has all that is asked for, of no code's making.
FAKE = """\
figure, axes = plt.subplots()
axes.plot(2 - np.linspace(0, 2, 40), label="loss")
axes.plot(np.linspace(0, 2, 40), label="slope")
axes.set(xlabel="steps", ylabel="loss, slope", title="The descent")
axes.legend()
figure.savefig("line.png")
"""


NEVER_MIND = {
    "another_style_of_plotting": Row(
        both(
            added(
                "fig = plt.figure(figsize=(2, 2))\nplt.plot(x, y, 'r.:', lw=4)\nplt.xlabel('x')",
                {"output_type": "execute_result", "data": {"text/plain": "Text(0.5, 0, 'x')"}},
                {"output_type": "display_data", "data": {"image/png": of_a_line(), "text/plain": "<Figure>"}},
            ),
        )
    ),
    "show_forgotten": Row(
        added(
            "plt.plot([1, 2])",
            {"output_type": "execute_result", "data": {"text/plain": "[<matplotlib.lines.Line2D at 0x7f12aa>]"}},
            {"output_type": "display_data", "data": {"image/png": of_a_screenshot(), "text/plain": "<Figure>"}},
        )
    ),
    "picture_without_its_data": Row(with_picture(of_a_screenshot)),
    "wanted_names_used_again": Row(
        both(
            added("path = y = None\nloss = 3"),
            added("import os\nos.remove('line.png')"),
        )
    ),
}


DAMAGE = {
    "stale_figure": Row(with_picture(of_other_data), STALE, "shows the y of the line “loss” in “The descent” at"),
    "figure_deleted": Row(outputs(PICTURE, lambda outputs: [stream("no picture\n")]), STALE, "shows no picture"),
    "figure_added": Row(outputs(PICTURE, lambda outputs: outputs * 2), STALE, "shows 2 figures, your code gives 1"),
    "module_that_learns_nothing": Row(
        lambda notebook: None,
        STALE | {"figures": 53, "trained_model": 60},
        "the loss in “The descent” never falls",
        module=lambda text: text.replace("self.slope - self.eta", "self.slope + 1e-3 * self.eta"),
    ),
    "made_up_after_all": Row(
        both(
            added("path = np.linspace(0, 2, 40)", after=RESULT),
            added(FAKE, {"output_type": "display_data", "data": {"image/png": of_made_up_data()}}, after=PICTURE),
        ),
        STALE | {"figures": 53, "trained_model": 60},
        "the loss in “The descent” never falls",
        module=lambda text: text.replace("self.slope - self.eta", "self.slope + 1e-3 * self.eta"),
    ),
    "made_up_before": Row(
        both(
            added("path = np.linspace(0, 2, 40)\nloss = 2 - path", after=IMPORTS),
            replaced(FILL, "    return np", "    raise ValueError('no')\n    return np"),
        ),
        RUNS | STALE | THE_FIGURE_AND_THE_MODEL,
        "ValueError: no",
    ),
    "module_that_diverges": Row(
        lambda notebook: None,
        STALE | {"figures": 53, "trained_model": 61},
        "holds NaN or infinity",
        module=lambda text: text.replace("np.mean(residual * x)", "1e200 * np.mean(residual * x)"),
    ),
    "module_that_learns_the_opposite": Row(
        lambda notebook: None,
        STALE | {"figures": 53, "trained_model": 62},
        "leads away from the points",
        module=lambda text: text.replace("self.slope * x - y", "self.slope * x + y"),
    ),
    "module_that_learns_too_much": Row(
        lambda notebook: None,
        STALE | {"trained_model": 63},
        "too large for other points",
        module=lambda text: text.replace("self.slope * x - y", "self.slope * x - 1.6 * y"),
    ),
}
