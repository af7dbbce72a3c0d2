"""What of a printed line changes with the run, the machine or the library, and says nothing of the result.

Each pattern is narrow, for what it takes away is compared with nothing: a path begins with a root, a time has a unit or
the form of a clock or a date. What can't be told by its form alone (a bare number of seconds, a host's name) is not
here: it shows in a second run, which pretends to be abroad (:mod:`autograder.notebook.abroad`).
"""

from __future__ import annotations

import re

# Each repeat has a bound: what begins again and again and never ends would be gone through each time.
NUMBER = r"[-+]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][-+]?\d{1,3})?"
_NAME = r"[\w.@~+-]{1,255}"
_MONTH = (
    r"\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"\b(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b\.?"
_YEAR = r"\b(?:19|20)\d\d\b"
_ZONE = r"(?:UTC|GMT|CES?T|[ECMP][SD]T|[BIJ]ST)\b"
_UNIT = r"(?:ns|[µμu]s|ms|msecs?|secs?|seconds?|minutes?|hours?)\b"
_OF_WORK = r"(?:it|iter|iterations?|steps?|epochs?|batch|batches|samples?|images?|calls?)"
_DATE = (
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z\b|[+-]\d\d:?\d\d\b)?)?(?!\d)"
    rf"|\b\d{{1,2}}/\d{{1,2}}/{_YEAR}|{_YEAR}/\d{{1,2}}/\d{{1,2}}\b"
)
_DAY_OF_MONTH = rf"(?:{_MONTH} {{1,2}}\d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}\.?[ -]{_MONTH})"
_WRITTEN_DATE = rf"{_DAY},? {{1,2}}{_DAY_OF_MONTH}(?:,?[ -]{_YEAR})?|{_DAY_OF_MONTH},?[ -]{_YEAR}|{_MONTH},? {_YEAR}"
_CLOCK = (
    r"(?<![\[\d:.])\d{1,2}:[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?(?![\d:\]])(?: ?[AaPp][Mm]\b)?"
    r"|\b\d{1,2}:[0-5]\d ?[AaPp][Mm]\b"
)
_VERSION = (
    r"\b\d+\.\d+\.\d+[\w.+]*(?: \| ?packaged by [^|\n]{1,80}\|)?"
    r"(?: \((?:main|default|tags|heads)\b[^()\n]{0,80}\))?"
)
_NAMED_DURATION = (
    r"(?i)\b(elapsed(?: time)?|duration|run ?time|(?:wall|cpu|training|execution|total|fit)[ _-]time"
    r"|time (?:taken|elapsed|spent|used))\b(?: ?\((?:s|secs?|seconds|ms|min)\))?(?: is| was)?"
    rf" ?[:=]? {{0,3}}{NUMBER}"
)

# What a terminal does not show: escapes, and what was struck out.
TERMINAL = re.compile(r"\x1b(?:\[[0-9;?]{0,40}[A-Za-z]|\][^\x07\n]{0,200}\x07|.)|.\x08")

# Whole lines that say how long something took, how far it is, or what a cell that is run again has found.
PASSING = re.compile(
    r"\s*(?:CPU times:|Wall time:|Compiler +time:|The slowest run took |Using matplotlib backend:)"
    r"|.*\bper loop\b|.*\d ?(?:it/s|s/it)\b"
    r"|.*\d%\|[█▏▎▍▌▋▊▉#]{0,400}\d?[ ]{0,400}\|"
    r"|(?=.{0,200}[#=>|\[])[\s\[#=>.\-|/\\]*\d{1,3} ?%[\s\]#=>.\-|/\\]*\Z|.*[█▏▎▍▌▋▊▉━╸]"
    # Under the line of a traceback; each Python has its own idea of what to mark.
    r"|[ ]*[~^][~^ ]*\Z"
    r"|The \w{1,80} extension is already loaded\. To reload it, use:|\s*%reload_ext \w{1,80}\Z",
)

# How NumPy writes an array depends on its version, and its integers on the system; that may begin another line.
_REPRS = re.compile(r",\s{0,80}(?:shape=\([\d, ]{0,80}\)|dtype=u?int(?:32|64)?)(?=\s*[,)])")

# What is there may change; that it is there may not.
_VOLATILE = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"[−–]", "-"),
        # Values, as other versions of libraries write them.
        (r"\bnp\.(True|False)_", r"\1"),
        (r"\bnp\.(?:float|int|uint|bool|str|complex|longdouble)\d*_?\(([^()\n]{0,200})\)", r"\1"),
        (r"\bnumpy\.(bool|str|bytes|object)_", r"numpy.\1"),
        (r"\b(u?int)(?:32|64)\b", r"\1"),
        (r"\bText\([^,()\n]{1,40}, [^,()\n]{1,40}, ", "Text("),
        (r"<(?:matplotlib\.axes\._subplots\.)?Axes(?:Subplot)?\b[^<>\n]{0,300}>", "<Axes>"),
        (r"<Figure size \d+x\d+", "<Figure"),
        (r"module://(?:matplotlib_inline|ipykernel\.pylab)\.backend_inline", "inline"),
        # Where it is.
        (r"\bat 0x[0-9a-fA-F]+|\b0x[0-9a-fA-F]{8,16}\b", "at 0x"),
        (r"\b(?:Posix|Windows)Path\(", "Path("),
        (rf"(?<!\w)[A-Za-z]:[/\\]{{1,2}}(?:{_NAME}(?:[/\\]{{1,2}}{_NAME})*[/\\]{{0,2}})?(?::\d+)?", "<path>"),
        (rf"(?<![\w.)\]}}/\\])~?/[A-Za-z_.][\w.@~+-]{{0,254}}(?:/{_NAME})*/?(?::\d+)?", "<path>"),
        (r"(?<=\w)\\{1,2}(?=\w)", "/"),
        (r"(?:Cell )?\bIn ?\[\d+\]|<ipython-input-\d+(?:-\w{1,40})?>", "<cell>"),
        (r"^\s*(?:Overw|W)riting (?=\S+\Z)", "Writing "),
        # When it is.
        (r"\bdatetime\.(?:datetime|date|time|timedelta)\([^()\n]{0,200}\)", "<time>"),
        (_DATE, "<time>"),
        (_WRITTEN_DATE, "<time>"),
        (r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b", "<time>"),
        (_CLOCK, "<time>"),
        (rf"<time>(?:,? (?:at )?<time>|,? {_ZONE}|,? {_YEAR})+", "<time>"),
        # By what it was made.
        (r"\bposix\b|(?<=')nt(?=')|\A\s*nt\Z", "<system>"),
        (r"(?i)\b(?:linux|darwin|macos|windows|win32|win64)\b[-\w.]*|\b(?:x86_64|amd64|arm64|aarch64)\b", "<system>"),
        (r"\[(?:GCC|Clang|MSC) [^\]\n]{1,80}\]", ""),
        (_VERSION, "<version>"),
        (r"(?i)\b(python)[ =v:]{1,3}3\.\d{1,2}\b|\b(numpy|matplotlib)[ =v]{1,2}[1-3]\.\d{1,2}\b", r"\1\2"),
        (r"(?i)\bversion[ :=]{1,3}v?\d+(?:\.\d+){1,3}\b", "version"),
        # How long it took. The short units are words or names as well, before a number: "0.5 min 0.1 max 0.9".
        (
            r"(?<![\w.])\d+ ?(?:d|days?|h|hours?),?(?: \d{1,2} ?(?:h|hours?|m|mins?|minutes?|s)\b){1,3}",
            "<time>",
        ),
        (rf"(?<![\w.])\d+ ?m(?:ins?)? ?{NUMBER} ?s\b", "<time>"),
        (rf"(?<![\w.]){NUMBER} ?(?:{_UNIT}|s\b)/{_OF_WORK}\b", "<time>"),
        (rf"(?<![\w.]){NUMBER} ?{_UNIT}(?!/)", "<time>"),
        (rf"(?<![\w.]){NUMBER} ?s\b(?!/|\.\w| ?[:=]| [-+.\d])", "<time>"),
        (_NAMED_DURATION, r"\1 <time>"),
        (r"(?i)\btime(?: ?\((?:s|secs?|seconds|ms|min)\))? ?[:=] ?\d+\.\d+", "time <time>"),
        (rf"(?i)\btook:? {NUMBER}(?:\.?\Z|(?=[,;)]))", "took <time>"),
        (rf"(?<![\d.]){NUMBER}\+? ?(?:[kKMGT]i?B)\b", "<memory>"),
    )
)


def unwrapped(text: str) -> str:
    """A text without what NumPy may add to an array's numbers."""
    return _REPRS.sub("", text) if "dtype=" in text or "shape=" in text else text


def settled(line: str) -> str:
    """A line without what changes."""
    for pattern, instead in _VOLATILE:
        line = pattern.sub(instead, line)
    return line
