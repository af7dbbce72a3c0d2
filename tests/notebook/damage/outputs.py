"""Outputs that are not what the code gives, and such as look otherwise and say the same."""

from __future__ import annotations

from damage.edits import STALE, WAS_RUN, Row, added, both, display_of, error, outputs, replaced, result, shown, stream
from damage.notebook import DATA, NUMBERS, RESULT


def formatted(kind, text):
    """A cell that displays a text of a kind, in which are numbers."""
    bundle = f"{{'text/plain': '<IPython.core.display.{kind} object>', 'text/{kind}': {text}}}"
    return f"from IPython.display import display\ndisplay({bundle}, raw=True)"


LONG_LOOP = "for k in range(7_000):\n    print('epoch', k, 'loss', 1 / (k + 1))"


LONG_LOG = [f"epoch {k} loss {1 / (k + 1)}\n" for k in range(7_000)]


TRUNCATED = "\x1b[1;30;43mStreaming output truncated to the last 5000 lines.\x1b[0m\n" + "".join(LONG_LOG[-5_000:])


IN_TURN = "import sys\nfor k in range(1_200):\n    print('step', k)\n    print('at', k, file=sys.stderr)"


RATE = "IOPub data rate exceeded.\nThe Jupyter server will temporarily stop sending output\nto the client"


SHORT_OF_IT = "\n".join(f"line {k}" for k in range(50))


NEVER_MIND = {
    "truncated_output": Row(
        added(
            "for k in range(50):\n    print('line', k)",
            stream(
                "Streaming output truncated to the last 10 lines.\n" + "\n".join(SHORT_OF_IT.splitlines()[-10:]) + "\n"
            ),
        )
    ),
    "cut_by_colab": Row(added(LONG_LOOP, stream(TRUNCATED))),
    "cut_by_the_server": Row(
        added(
            LONG_LOOP,
            stream("".join(LONG_LOG[:900]) + LONG_LOG[900][:9]),
            stream(RATE, "stderr"),
            stream("".join(LONG_LOG[4_000:])),
        )
    ),
    "streams_in_turn": Row(
        added(
            IN_TURN,
            stream("".join(f"at {k}\n" for k in range(1_200)), "stderr"),
            stream("".join(f"step {k}\n" for k in range(1_200))),
        )
    ),
    "streams_in_pieces_in_turn": Row(
        added(
            IN_TURN,
            *(piece for k in range(1_200) for piece in (stream(f"step {k}\n"), stream(f"at {k}\n", "stderr"))),
        )
    ),
    "help_in_a_pager": Row(both(added("np.sum?"), added("?x", after=DATA), added("slopes??"), added("%pdoc np.sum"))),
    "help_kept": Row(
        both(
            added("np.sum?", {"output_type": "display_data", "data": {"text/plain": "\x1b[31mSignature:\x1b[39m ..."}}),
            added("%pdoc np.sum", {"output_type": "display_data", "data": {"text/plain": "Class docstring: ..."}}),
        )
    ),
    "files_listed": Row(
        both(
            added("%ls", stream("data/  line.ipynb  line.py\n")),
            added("!ls\nprint(len(x))", stream("data  line.py\n9\n")),
            added("%whos", stream("Variable   Type      Data/Info\n------\nx   ndarray   9: 9 elems\n")),
            added("%pwd", {"output_type": "execute_result", "data": {"text/plain": "'/content'"}}),
        )
    ),
    "cut_by_colab_twice": Row(added(LONG_LOOP, stream(f"{TRUNCATED}epoch\n{TRUNCATED}"))),
    "a_bar_that_moves": Row(added("print('0%', end='\\r50% 1.1 s\\r100% 2.3 s\\n')", stream("98% 9.9 s\n"))),
    "addresses": Row(added("print(object())", stream("<object object at 0x7f31d1a8c2b0>\n"))),
    "other_spaces": Row(added("print('a  b', [1,\n2])", stream("a b [1,\n 2]\n\n"))),
    "a_value_of_older_numpy": Row(added("x.sum()", result("4.5"))),
    "displays_of_numbers": Row(
        both(
            added(formatted("markdown", "f'**{x.sum():.3f}**'"), display_of("markdown", "**4.501**")),
            added(formatted("latex", "f'$s = {x.sum():.2f}$'"), display_of("latex", "$s = 4.50$")),
            added(formatted("html", "f'<b>{x.sum()}</b>'"), display_of("html", "<b>4.5</b>")),
        )
    ),
}


DAMAGE = {
    "stale_number": Row(
        shown(NUMBERS, r"that is [\d.]+%", "that is 95.8%"),
        STALE,
        "shows that is 95.8% of the way, your code gives that is 9",
    ),
    "an_error_kept": Row(
        outputs(
            NUMBERS,
            lambda outputs: [stream("step  0: slope 0.5000, loss 1.00e+00\n"), error("KeyboardInterrupt", "")],
        ),
        WAS_RUN,
        "ended with KeyboardInterrupt",
    ),
    "stale_beside_a_comment": Row(
        both(
            replaced(DATA, "x.shape)", "x.shape)  # check(all of them)"),
            shown(DATA, r"\(9,\)", "(8,)"),
        ),
        STALE,
        "shows points: (8,)",
    ),
    "stale_at_the_end_of_a_long_log": Row(
        added(f"{LONG_LOOP}\nprint('accuracy', x.sum())", stream("".join(LONG_LOG) + "accuracy 9.5\n")),
        STALE,
        "shows accuracy 9.5",
    ),
    "stale_fraction": Row(added("print('3/4/5')", stream("3/4/6\n")), STALE, "shows 3/4/6"),
    "stale_dict": Row(added("print({'a': 1, 'b': 2})", stream("{'a': 2, 'b': 1}\n")), STALE, "'b': 1"),
    "stale_beside_a_bar": Row(
        added("print('[####] 75%')\nprint('accuracy 54.2%')", stream("[####] 50%\naccuracy 95.8%\n")),
        STALE,
        "shows [####] 50%, your code gives [####] 75%",
    ),
    "stale_after_a_bar_that_moves": Row(
        added("print('0%', end='\\r50%\\r100%\\n')\nprint('accuracy 54.2%')", stream("98%\naccuracy 95.8%\n")),
        STALE,
        "shows accuracy 95.8%, your code gives accuracy 54.2%",
    ),
    "stale_beside_shared_axes": Row(
        added(
            "fig, axes = plt.subplots(1, 2, sharex=True)\nplt.close(fig)\nprint('loss', 54.2)", stream("loss 95.8\n")
        ),
        STALE,
        "shows loss 95.8, your code gives loss 54.2",
    ),
    "stale_count": Row(shown(DATA, r"\(9,\)", "(8,)"), STALE, "shows points: (8,)"),
    "line_that_is_not_printed": Row(
        outputs(NUMBERS, lambda outputs: [stream(outputs[0]["text"] + "and it is the best\n")]),
        STALE,
        "shows and it is the best, your code gives nothing",
    ),
    "line_taken_out": Row(
        outputs(NUMBERS, lambda outputs: [stream("".join(outputs[0]["text"].splitlines(keepends=True)[1:]))]),
        STALE,
        "your code gives step 0: slope",
    ),
    "stale_result": Row(shown(RESULT, r"'last': [^}]+", "'last': 0.5"), STALE, "0.5}, your code gives"),
    "module_changed_since": Row(
        lambda notebook: None,
        STALE,
        "your code gives",
        module=lambda text: text.replace("residual * x)", "residual * x) * 1.1"),
    ),
}
