"""候选人审查 Whether those who stand fit the seats: at least as many as seats for each office, each once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from chuishao.domain.election.refusals import WrongCandidates
from chuishao.domain.election.terms import Office
from chuishao.domain.phrase import Phrase


def require_candidates(
    candidates: Sequence[tuple[UUID, Office]], seats: Sequence[Office], nominated: int
) -> None:
    """Refuse candidates who do not fit the seats, or of whom somebody stands twice."""
    for reason in _faults(candidates, seats, nominated):
        raise WrongCandidates("candidates", reason=reason)


def _faults(
    candidates: Sequence[tuple[UUID, Office]], seats: Sequence[Office], nominated: int
) -> Iterator[Phrase]:
    if len({person for person, _ in candidates}) < len(candidates):
        yield Phrase("somebody stands twice", "有人重复")
    if len(candidates) > nominated:
        yield Phrase("more stand than were nominated", "候选人多于被提名人")
    standing = [office for _, office in candidates]
    for office in Office:
        stand, wanted = standing.count(office), seats.count(office)
        if stand and not wanted:
            yield Phrase(f"no seat is for {office}", f"没有{office.zh}的应选名额")
        if stand < wanted:
            en = f"{stand} stand for {wanted} seats as {office}"
            yield Phrase(en, f"{office.zh}应选 {wanted} 名，候选 {stand} 名")
