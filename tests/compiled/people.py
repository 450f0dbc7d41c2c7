"""Who asks: every role with scopes of every length, departments that were summoned or never, and nobody."""

from __future__ import annotations

from uuid import UUID

from hypothesis import strategies as st

from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.vocabulary import Role
from tests.compiled.known import Known
from tests.compiled.world import NEIGHBOUR
from tests.town import COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, STREET, THIRD_GRID

SCOPES = ("", "12", "120101", STREET, COMMUNITY, GRID, OTHER_COMMUNITY, OTHER_GRID, THIRD_GRID, "31", None)
_IN_SCOPE = [role for role in reversed(Role) if role not in (Role.RESIDENT, Role.DEPARTMENT_OFFICER)]
_RESIDENTS = (*(Actor(name, Role.RESIDENT, "") for name in ("resident-1", NEIGHBOUR.id, "nobody")), ANONYMOUS)


def askers(known: Known) -> st.SearchStrategy[Actor]:
    """Anybody; the simplest is an administrator, who sees every case."""
    departments = [*(UUID(department) for department in known.ids_of("Department")), UUID(int=0)]
    scopes = st.sampled_from(SCOPES) | st.sampled_from(SCOPES[:4])
    by_scope = st.builds(Actor, st.just("someone"), st.sampled_from(_IN_SCOPE), scopes)
    officers = st.builds(
        Actor, st.just("officer"), st.just(Role.DEPARTMENT_OFFICER), scopes, st.sampled_from(departments)
    )
    return st.one_of(by_scope, by_scope, officers, st.sampled_from(_RESIDENTS))
