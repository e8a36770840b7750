"""One walk over batches of files, with second chances for what was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qualitygate.engine.answer import HOPELESS, Answer
from qualitygate.engine.pool import Executor, Lost
from qualitygate.engine.tasks import Batch, FileResult, Visit
from qualitygate.model.results import Breakage


class Analysis:
    """Has batches looked at, and looks again at each file of one whose worker was lost.

    Args:

        executor: Runs the batches.

        load: Puts the contents of files into a batch that needs them.

        answers: By check; get what broke.

        keep: Takes each result.

        tick: Called when something was found out, and about every second.
    """

    def __init__(
        self,
        executor: Executor,
        load: Callable[[Batch], Batch],
        answers: Mapping[str, Answer],
        keep: Callable[[FileResult], None],
        tick: Callable[[], None],
    ) -> None:
        self._executor = executor
        self._load = load
        self._answers = answers
        self._keep_result = keep
        self._tick = tick

    def run(self, batches: list[Batch], jobs: int) -> None:
        """Look at all of *batches*.

        Raises:

            DeadlinePassed: The time given to the run is over.
        """
        self._tick()
        self._second_pass(self._first_pass(batches), at_once=max(HOPELESS, jobs))

    def _first_pass(self, batches: list[Batch]) -> list[Batch]:
        """Give those whose worker was lost, cut into single files."""
        lost: list[Batch] = []
        tasks = [(batch,) for batch in batches]
        for (batch,), outcome in self._executor.run("analyse", tasks, _timeout, self._tick, self._loaded):
            if isinstance(outcome, Lost):
                lost.extend(Batch((visit,), batch.file_timeout) for visit in batch.visits)
            else:
                self._keep(outcome)
        return lost

    def _second_pass(self, singles: list[Batch], at_once: int) -> None:
        """The file that is lost again breaks its checks."""
        while singles:
            now, singles = singles[:at_once], singles[at_once:]
            tasks = [(batch,) for batch in now if not self._is_hopeless(batch.visits[0])]
            for (batch,), outcome in self._executor.run("analyse", tasks, _timeout, self._tick, self._loaded):
                if isinstance(outcome, Lost):
                    self._break(batch.visits[0], outcome)
                else:
                    self._keep(outcome)

    def _loaded(self, batch: Batch) -> tuple[Batch]:
        return (self._load(batch),)

    def _is_hopeless(self, visit: Visit) -> bool:
        return all(len(self._answers[check].breakage) >= HOPELESS for check, _ in visit.spellings)

    def _keep(self, results: list[FileResult]) -> None:
        for result in results:
            self._keep_result(result)
        self._tick()

    def _break(self, visit: Visit, lost: Lost) -> None:
        for check, _ in visit.spellings:
            self._answers[check].breakage.append(
                Breakage(kind=lost.kind, message=f"{lost.message} on {visit.path}, twice", path=visit.path)
            )
        self._tick()


def _timeout(batch: Batch) -> float:
    """The watchdog in the worker keeps the time of each file; this is for a worker that does not answer at all.

    A batch is small, so that this is ample; one that needs more is looked at again file by file.
    """
    return batch.file_timeout * min(2, len(batch.visits)) + 30
