"""Pictures as a notebook holds them, drawn as in the kernel of whoever made these."""

from __future__ import annotations

import base64
import io

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from autograder.notebook.figure_metadata import watch
from damage.edits import outputs
from damage.notebook import PICTURE

mpl.use("agg")
watch()


def picture(draw):
    """A PNG of a figure, as a notebook holds it."""
    figure = Figure(figsize=(3, 2))
    FigureCanvasAgg(figure)
    draw(figure.subplots())
    file = io.BytesIO()
    figure.savefig(file)
    return base64.b64encode(file.getvalue()).decode()


def with_picture(png):
    return outputs(PICTURE, lambda outputs: [{**outputs[0], "data": {**outputs[0]["data"], "image/png": png()}}])


def of_other_data():
    def draw(axes):
        axes.plot([2.4 * 0.99**k for k in range(40)], label="loss")
        axes.plot([0.01 * k for k in range(40)], "--", label="slope")
        axes.set(xlabel="steps", ylabel="loss, slope", title="The descent")
        axes.legend()

    return picture(draw)


def of_a_line():
    """What is drawn in another style."""

    def draw(axes):
        axes.plot([-1 + 0.375 * k for k in range(9)], [-2 + 0.75 * k for k in range(9)], "b-", lw=1)
        axes.set(xlabel="x")

    return picture(draw)


def of_made_up_data():
    def draw(axes):
        axes.plot([2 - k / 20 for k in range(40)], label="loss")
        axes.plot([k / 20 for k in range(40)], label="slope")
        axes.set(xlabel="steps", ylabel="loss, slope", title="The descent")
        axes.legend()

    return picture(draw)


def of_a_screenshot():
    """A picture that says nothing of itself."""
    return "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
