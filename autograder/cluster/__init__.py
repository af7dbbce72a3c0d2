"""Desks on other machines: the same work, sent to the workers of a dask.distributed cluster.

What travels
------------

A dask worker process is a *grader*: it holds answers and judges, and student code runs where it always does, in
confined runs that are forked from the servers that this grader has started on its own machine.

The *parcel* travels once for each dask worker: the check pages and predicates, the handed-out modules, the data, the
seeds, and the answers; neither the reference nor a known mistake, which were observed on the machine where the command
was given. The modules of a submission travel with its task, the reports come back as its result, and nobody but the
command writes to the store. So a task can be run twice, on any worker, and nothing is lost with one.

The engine does not travel. It is installed on each worker, as the packages are that results depend on as much; what is
there is compared with what is here before the first submission, and again by each worker for itself, for one may join
later. One that differs is refused, as is one that can't confine student code as promised.

Answers are in the memory of a worker and of the scheduler, and nowhere on a disk that runs see. The ports that they
listen on can't be reached from a run.

``machines`` says whether machines are alike, ``parcel`` what travels, ``desk`` how a worker grades, ``connection`` how
the command finds a cluster and gives it work.
"""
