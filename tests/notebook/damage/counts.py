"""Whether it was run: counts, cleared outputs, errors that were kept."""

from __future__ import annotations

from damage.edits import WAS_RUN, Row, added, both, cell_of, cleared, count_again, each, error, outputs, stream
from damage.notebook import DATA, FILL, IMPORTS, NUMBERS, PICTURE, RESULT, VERDICT

NEVER_MIND = {
    "last_cell_run_twice": Row(lambda notebook: cell_of(notebook, RESULT).update(execution_count=40)),
    "output_cleared_that_was_none": Row(outputs(IMPORTS, lambda outputs: [])),
}


DAMAGE = {
    "cleared": Row(each(cleared, "code"), WAS_RUN, "no cell of the notebook was run"),
    "outputs_cleared": Row(each(lambda cell: cell.update(outputs=[]), "code"), WAS_RUN, "lost"),
    "most_outputs_cleared": Row(
        both(*(outputs(cell, lambda outputs: []) for cell in (DATA, FILL, NUMBERS, PICTURE))),
        WAS_RUN,
        "has lost what it showed (and 3 more)",
    ),
    "an_output_cleared": Row(outputs(NUMBERS, lambda outputs: []), WAS_RUN, "has lost what it showed"),
    "a_verdict_cleared": Row(outputs(VERDICT, lambda outputs: []), WAS_RUN, "has lost what it showed"),
    "a_cell_not_run": Row(lambda notebook: cleared(cell_of(notebook, NUMBERS)), WAS_RUN, "was not run"),
    "counts_missing": Row(each(lambda cell: cell.update(execution_count=None), "code"), WAS_RUN, "was not run"),
    "counts_that_are_none": Row(each(lambda cell: cell.update(execution_count="7"), "code"), WAS_RUN, "was not run"),
    "code_deleted_and_output_kept": Row(
        both(added("print(5)", stream("5\n")), lambda notebook: notebook["cells"][-1].update(source="")),
        WAS_RUN,
        "cell 17 (empty under “4. A question”) holds no code, and still shows an output",
    ),
    "out_of_order": Row(
        lambda notebook: cell_of(notebook, DATA).update(execution_count=30), WAS_RUN, "above it as number 30"
    ),
    "kernel_not_fresh": Row(lambda notebook: count_again(notebook, 12), WAS_RUN, "the kernel wasn't fresh"),
    "error_kept": Row(
        outputs(NUMBERS, lambda outputs: [error("NameError", "name 'x' is not defined")]),
        WAS_RUN,
        "ended with NameError",
    ),
    "interrupted": Row(
        outputs(NUMBERS, lambda outputs: [*outputs, error("KeyboardInterrupt", "")]), WAS_RUN, "KeyboardInterrupt"
    ),
}
