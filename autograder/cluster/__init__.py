"""An executor on other machines: the same work, sent to the workers of a dask.distributed cluster.

What travels
------------

A dask worker process is a *grader*: it holds answers and judges. Student code runs where it always does, in confined
runs that are forked from the servers that this grader has started on its own machine.

The *payload* travels once to each dask worker: the check pages and predicates, the handed-out modules, the data, the
seeds, and the answers. Neither the reference nor a known mistake travels; they were observed on the machine where the
command was given. The modules of a submission travel with its task, the reports come back as its result, and only the
command writes to the store. So a task can be run twice, on any worker, and nothing is lost with one.

The engine does not travel. It is installed on each worker, as are the packages that results depend on. Before the first
submission each worker describes its machine, and the description is compared with this machine's; a worker that joins
later compares it itself. One that differs is refused, as is one that can't confine student code as promised.

Answers are in the memory of a worker and of the scheduler, and nowhere on a disk that runs see. The ports that they
listen on can't be reached from a run.

``machines`` describes machines and finds incompatibilities, ``payload`` packs what travels, ``worker`` grades there,
``connection`` connects to a cluster and sends it work.
"""
