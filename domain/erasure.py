"""删除个人信息 Erasure: what is kept about a person is made unreadable by right; that it was, stays known.

The grounds are those of the Personal Information Protection Law (个人信息保护法), article 47. There is no
free text: it would stay in plain, and might name the very person who is to be forgotten.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import Event
from chuishao.domain.identity import erasure_id
from chuishao.domain.term import Term


class ErasureGround(Term):
    """删除事由 Why what is kept about a person is erased: 个人信息保护法第四十七条."""

    OWN_REQUEST = "OWN_REQUEST", "本人申请", "the person asked for it"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN", "个人撤回同意", "the person withdrew the consent"
    PURPOSE_ENDED = (
        "PURPOSE_ENDED",
        "处理目的已实现、无法实现或者不再必要",
        "the purpose is achieved, out of reach, or needs it no more",
    )
    RETENTION_OVER = "RETENTION_OVER", "保存期限已届满", "the time for keeping it is over"
    SERVICE_ENDED = "SERVICE_ENDED", "停止提供产品或者服务", "the service is not offered any longer"
    UNLAWFUL = "UNLAWFUL", "违法或者违约处理", "it was kept against the law or an agreement"
    REQUIRED_BY_LAW = (
        "REQUIRED_BY_LAW",
        "法律、行政法规规定的其他情形",
        "another case that a law provides for",
    )


class PersonalTextErased(Event, AggregateCreated):
    """删除个人信息: what was written about a person so far was made unreadable, by right.

    `subject` is the person for ever, `identity` the one under which the words were kept until now.
    """

    TOPIC = "PersonalTextErased"
    subject: UUID
    identity: UUID
    ground: str

    def apply(self, erasure: Erasure) -> None:
        """Be done."""
        erasure.subject = self.subject


class Erasure(BaseAggregate[UUID]):
    """One erasure of what is kept about one person under one identity; there is never a second one."""

    TOPIC = "erasure"

    def __init__(self) -> None:
        self.subject = self.id

    @property
    def place(self) -> str:
        """Everywhere."""
        return ""

    @property
    def correlation(self) -> None:
        """A person may have several cases, or none."""

    @classmethod
    def record(cls, subject: UUID, identity: UUID, ground: ErasureGround, at: datetime) -> Self:
        """Record that what is kept under an identity is erased."""
        return cls._create(
            PersonalTextErased,
            id=erasure_id(identity),
            timestamp=at,
            subject=subject,
            identity=identity,
            ground=ground.value,
        )
