"""Every reaction."""

from chuishao.reactions import dispute, rehoming
from chuishao.reactions.reaction import Reaction

REACTIONS: tuple[Reaction, ...] = (dispute.REACTION, rehoming.REACTION)
