"""Every reaction to events, and to time."""

from chuishao.reactions import dispute, elected, finding, missed_check, missed_check_in, overdue, rehoming
from chuishao.reactions.reaction import Reaction, Timed

REACTIONS: tuple[Reaction, ...] = (
    dispute.REACTION,
    rehoming.REACTION,
    finding.REACTION,
    elected.REACTION,
)

TIMED: tuple[Timed, ...] = (missed_check.TIMED, missed_check_in.TIMED, overdue.TIMED)
