"""What people do on the pages goes on file here: cases and steps, by the library, under the policy of the day."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress

from scoring.administration.casework.filing import Taken
from scoring.administration.casework.further_steps import FurtherStep, take_step
from scoring.administration.casework.opening import NewCase, open_case
from scoring.administration.inspection.new_visit import NewVisit
from scoring.administration.inspection.visit_recording import RecordedVisit, record_visit
from scoring.errors import PolicyError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.case_steps import NewStep
from scoring.store.standing.policies import rules_state
from scoring.store.standing.recording import MakeFact, Recorded, Recorder
from scoring.store.standing.registering import policy_of_store
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, day_in_china


class Filing:
    """Puts on file what accounts do.

    Args:
        database: The store.
        clock: The time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        # Facts that wait together commit together, whosever they are.
        self._shared = Recorder(database, "", clock)
        self._known: tuple[Hashable, ResolvedPolicy] | None = None

    def open(self, shown: ResolvedPolicy, opening: NewCase, account: str) -> Taken:
        """Opens a case under the policy that the store shows; raises as ``open_case``."""
        version, recorder = self._version(shown), self._new_recorder(account)
        return open_case(self.database, version, opening, account, self.clock, recorder=recorder)

    def take(self, shown: ResolvedPolicy, step: FurtherStep | NewStep, account: str) -> Taken:
        """Takes a step about a case or a proposal under that policy; raises as ``take_step``."""
        version, recorder = self._version(shown), self._new_recorder(account)
        return take_step(self.database, version, step, account, self.clock, recorder=recorder)

    def record_visit(self, shown: ResolvedPolicy, visit: NewVisit, key: str, account: str) -> RecordedVisit:
        """Records a visit under that policy; raises as ``record_visit``."""
        version, recorder = self._version(shown), self._new_recorder(account)
        return record_visit(self.database, version, visit, key, account, self.clock, recorder)

    def record(self, shown: ResolvedPolicy, make: MakeFact, account: str) -> Recorded:
        """Enters a version of a record under that policy; raises as ``Recorder.record``."""
        today = day_in_china(self.clock())
        return self._new_recorder(account).record(make, self._version(shown), today)

    def _version(self, shown: ResolvedPolicy) -> ResolvedPolicy:
        """The version that is in force today; of a policy that is neither shipped nor registered the one shown."""
        today = day_in_china(self.clock())
        with suppress(PolicyError), self.database.read() as connection:
            # Whether they may still write is asked again with every fact: here only which they are.
            state = (shown.policy.id, today, rules_state(connection))
            if self._known is None or self._known[0] != state:
                self._known = state, policy_of_store(connection, shown.policy.id, today)
            return self._known[1]
        return shown

    def _new_recorder(self, account: str) -> Recorder:
        return Recorder(self.database, account, self.clock, self._shared)
