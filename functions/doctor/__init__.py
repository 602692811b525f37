"""Examines a set-up, changes nothing, and says what to correct: `python -m functions.doctor`.

    checks = examine(operator, stage="before", base_url=None, webhook_jwt=None)
    deployable = not any(map(stops_deployment, checks))

One subject a file. `examination.py` has the list of examinations.
"""

from functions.doctor.check import Check
from functions.doctor.examination import examine, stops_deployment

__all__ = ["Check", "examine", "stops_deployment"]
