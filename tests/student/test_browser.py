"""A notebook in JupyterLab, in a browser, as a student has it: run, corrected, asked again, and handed in."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from autograder.student.pack import pack

HOME = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROME = next(filter(None, map(shutil.which, BROWSERS)), None)
MISSING = [name for name in ("jupyterlab", "playwright") if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"no {' and no '.join(MISSING)}; `make browser` installs the extra"),
    pytest.mark.skipif(CHROME is None, reason=f"no browser: none of {', '.join(BROWSERS)} is on the path"),
]

# Long enough for a busy machine; what is there sooner is not waited for.
PATIENCE_MS = 60_000
START_SECONDS = 90
SOON_MS, ATTEMPTS = 5_000, 10
THEMES = ("JupyterLab Light", "JupyterLab Dark")
# WCAG 2.1, success criterion 1.4.3: text of ordinary size.
LEAST_CONTRAST = 4.5

# Of an element: the colour of its text, and that of the nearest ground under it that has one.
COLOURS = """(element) => {
    const text = getComputedStyle(element).color;
    for (let at = element; at; at = at.parentElement) {
        const ground = getComputedStyle(at).backgroundColor;
        if (!/^rgba\\(.*, 0\\)$|^transparent$/.test(ground)) return [text, ground];
    }
    return [text, "rgb(255, 255, 255)"];
}"""


@pytest.fixture
def home(tmp_path):
    """The released assignment, in a folder of a student's own."""
    shutil.copytree(HOME / "assignments/svm", tmp_path / "svm")
    return tmp_path / "svm"


@pytest.fixture
def settings(tmp_path):
    """Where JupyterLab keeps a user's settings: all cells on the page at once, and nothing asked of the network."""
    folder = tmp_path / "settings"
    write_settings(folder, "notebook-extension/tracker", {"windowingMode": "none"})
    write_settings(folder, "apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False})
    return folder


def write_settings(folder, name, content):
    path = folder / f"@jupyterlab/{name}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def address(home, settings, tmp_path):
    """JupyterLab, started in the assignment's folder, until the test ends."""
    apart = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    words = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--ServerApp.root_dir={home}"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *words, "--IdentityProvider.token=mine"],
        cwd=home,
        env={**os.environ, **apart, "JUPYTERLAB_SETTINGS_DIR": str(settings), "IPYTHONDIR": str(tmp_path / "ipython")},
        stderr=subprocess.PIPE,
        text=True,
    )
    reader = None
    try:
        found = None
        for line in server.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                break
        assert found, "JupyterLab has not started"
        # A pipe that nobody reads fills up, and what writes to it stands still.
        reader = threading.Thread(target=server.stderr.read)
        reader.start()
        yield found[0]
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)
        if reader:
            reader.join()
        server.stderr.close()


@pytest.fixture
def page():
    """A page of a browser that asks nobody for updates."""
    from playwright.sync_api import sync_playwright

    words = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROME, args=words)
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


class Lab:
    """A notebook open in JupyterLab."""

    def __init__(self, page, address, name):
        self.page = page
        self._open(f"{address}lab/tree/{name}?token=mine")
        self.cell("ready(").wait_for()
        self.idle()

    def _open(self, address):
        """Go there. The server tells its address a moment before it answers there."""
        from playwright.sync_api import Error as Refused

        for _ in range(ATTEMPTS):
            with suppress(Refused):
                self.page.goto(address)
                return
            self.page.wait_for_timeout(SOON_MS / 10)
        pytest.fail(f"nothing answers at {address}")

    def idle(self):
        """Wait until the kernel is there and has nothing left to do."""
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()

    def cell(self, text):
        """The code cell that holds a text."""
        return self.page.locator(".jp-CodeCell").filter(has=self.page.locator(".jp-InputArea", has_text=text)).last

    def verdict(self, text, said):
        """The table under a cell, once it says something."""
        table = self.cell(text).locator(".jp-OutputArea table").filter(has_text=said)
        table.wait_for()
        return table

    def menu(self, name, item):
        """Choose from a menu."""
        self.page.locator(f'.lm-MenuBar-itemLabel:text-is("{name}")').click()
        self.page.locator(f'.lm-Menu-itemLabel:text-is("{item}")').click()

    def run(self, text):
        """Run one cell. JupyterLab takes the focus to a cell that failed, when it likes: then it is asked again."""
        from playwright.sync_api import TimeoutError as NotYet

        cell = self.cell(text)
        prompt = cell.locator(".jp-InputArea-prompt")
        before = prompt.inner_text()
        for _ in range(ATTEMPTS):
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            with suppress(NotYet):
                prompt.filter(has_text=before).wait_for(state="detached", timeout=SOON_MS)
                return
        pytest.fail(f"the cell {text!r} could not be run")


def solve(home):
    """Write the module, as an editor saves it."""
    shutil.copy(HOME / "solutions/svm/soft_margin_svm/soft_margin_svm.py", home)


def test_a_student_works_through_a_notebook(page, address, home):
    """The starter is told to write; what is saved is judged, without a restart; what is run anew is packed as right."""
    lab = Lab(page, address, "soft_margin_svm.ipynb")
    first, walk = 'check("soft_margin_svm", "one_epoch")', "def walk("

    lab.menu("Run", "Run All Cells")
    lab.verdict("ready(", "Everything is here.")
    lab.verdict(first, "code 40, NotImplementedError")
    lab.cell(walk).locator(".jp-OutputArea", has_text="`svm_train_bgd` is not written yet").wait_for()

    solve(home)
    lab.run(first)
    lab.verdict(first, "svm/soft_margin_svm: 1 of 1 points")
    lab.run(walk)
    lab.cell(walk).locator(".jp-OutputArea img").wait_for()

    lab.menu("Kernel", "Restart Kernel and Run All Cells…")
    lab.page.locator('.jp-Dialog button:has-text("Restart")').click()
    lab.verdict('check("soft_margin_svm")', "svm/soft_margin_svm: 7 of 7 points")
    lab.idle()
    lab.menu("File", "Save Notebook")
    lab.page.locator(".jp-mod-dirty").wait_for(state="detached")

    about = [warning for warning in pack(home).warnings if "soft_margin" in warning]
    assert about == []


@pytest.mark.parametrize("theme", THEMES)
def test_what_we_show_is_legible(page, address, settings, theme):
    """In either theme, the text of our tables stands out from its ground; figures bring a white one along."""
    write_settings(settings, "apputils-extension/themes", {"theme": theme})
    lab = Lab(page, address, "soft_margin_svm.ipynb")

    lab.menu("Run", "Run All Cells")
    lab.verdict("ready(", "Everything is here.")
    table = lab.verdict('check("soft_margin_svm", "one_epoch")', "failed")

    told = [part.evaluate(COLOURS) for part in table.locator("caption, th, td, summary, a").all()]
    contrasts = [contrast(*pair) for pair in told]
    assert len(contrasts) > 8
    assert min(contrasts) >= LEAST_CONTRAST
    shown = lab.page.evaluate("document.body.dataset.jpThemeLight")
    assert shown == ("true" if theme == THEMES[0] else "false")


def contrast(text, ground):
    """The ratio of two colours' luminances, as WCAG defines it."""
    low, high = sorted(luminance(colour) for colour in (text, ground))
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
