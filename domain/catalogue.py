"""Every aggregate and, through their modules, every event type. Importing this registers all topics."""

from chuishao.domain.case import Case
from chuishao.domain.department import Department
from chuishao.domain.division import Division, DivisionCode
from chuishao.domain.event import EVENT_TYPES
from chuishao.domain.grid import ServiceGrid
from chuishao.domain.policy import Policies
from chuishao.domain.whistle import Whistle
from chuishao.domain.worker import GridWorker

AGGREGATES = (Case, Whistle, Division, DivisionCode, ServiceGrid, GridWorker, Department, Policies)

__all__ = ["AGGREGATES", "EVENT_TYPES"]
