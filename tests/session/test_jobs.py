"""Jobs, each with its own reports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication

from ganstudio.gpu import Gpu
from ganstudio.session.jobs import Jobs


@pytest.fixture
def gpu(qapp: QCoreApplication) -> Iterator[Gpu]:
    gpu = Gpu(str)
    gpu.start()
    yield gpu
    gpu.stop()


def test_each_job_hears_its_own_steps_and_end(gpu: Gpu) -> None:
    jobs, steps, ends, started = Jobs(gpu), [], [], []
    jobs.started.connect(lambda task: started.append(task.label))
    for name in "ab":
        jobs.start(name, iter([name, name.upper()]), on_step=steps.append, on_end=ends.append)
    assert [t.label for t in jobs.running] == ["a", "b"]
    assert gpu.wait_until_idle()
    QCoreApplication.processEvents()
    assert (started, steps, ends) == (["a", "b"], [*"aAbB"], ["", ""])
    assert jobs.running == ()


def test_a_cancelled_job_reports_no_more_steps(gpu: Gpu) -> None:
    jobs, steps, ends = Jobs(gpu), [], []
    task = jobs.start("a", iter(range(10**9)), on_step=steps.append, on_end=ends.append)
    task.cancel()
    assert gpu.wait_until_idle()
    QCoreApplication.processEvents()
    assert (steps, ends) == ([], ["cancelled"])
