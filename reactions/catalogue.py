"""Every reaction."""

from chuishao.reactions import dispute
from chuishao.reactions.reaction import Reaction

REACTIONS: tuple[Reaction, ...] = (dispute.REACTION,)
