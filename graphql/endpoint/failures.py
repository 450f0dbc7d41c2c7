"""Why a request fails as a whole or in one field, apart from refusals of commands: every code, once."""

from __future__ import annotations

from dataclasses import dataclass

from chuishao.domain.phrase import Phrase


@dataclass(frozen=True, slots=True)
class Failure:
    """请求失败 What a code means, what helps, and the HTTP status where the whole request fails of it.

    No status: it happens only to an operation on a WebSocket.
    """

    status: int | None
    means: Phrase
    advice: Phrase


FAILURES: dict[str, Failure] = {
    "BAD_REQUEST": Failure(
        400,
        Phrase(
            "The request is not the JSON object that GraphQL expects.",
            "请求不是 GraphQL 要求的 JSON 对象。",
        ),
        Phrase(
            "send `query`, and if needed `operationName` and `variables`",
            "请发送 `query`，需要时附 `operationName` 与 `variables`",
        ),
    ),
    "GRAPHQL_PARSE_FAILED": Failure(
        400,
        Phrase("The document is not GraphQL.", "文档不合 GraphQL 语法。"),
        Phrase("mend the document at the place named", "请修改所指位置的文档"),
    ),
    "GRAPHQL_VALIDATION_FAILED": Failure(
        400,
        Phrase("The document does not fit the schema.", "文档与模式不符。"),
        Phrase("compare it with the schema", "请对照模式修改文档"),
    ),
    "OPERATION_RESOLUTION_FAILURE": Failure(
        400,
        Phrase("It is not clear which operation is meant.", "无法确定要执行哪个操作。"),
        Phrase("give `operationName`", "请填写 `operationName`"),
    ),
    "BAD_USER_INPUT": Failure(
        400,
        Phrase("A variable or an argument does not fit its type.", "变量或参数与类型不符。"),
        Phrase("mend the value named", "请修改所指的值"),
    ),
    "LIMIT_EXCEEDED": Failure(
        400,
        Phrase("The document or its answer is too large.", "文档或结果过大。"),
        Phrase(
            "ask for less at once: 10,000 points, 15 levels, 1,000 fields, 50 aliases, 20,000 nested rows",
            "请分次查询：至多 10,000 点、15 层、1,000 个字段、50 个别名、20,000 行嵌套结果",
        ),
    ),
    "DOCUMENT_NOT_FOUND": Failure(
        404,
        Phrase("No document is registered under this `documentId`.", "没有以此 `documentId` 登记的文档。"),
        Phrase("register it, or send `query`", "请登记该文档，或发送 `query`"),
    ),
    "DOCUMENT_NOT_TRUSTED": Failure(
        403,
        Phrase(
            "Only registered documents are executed here. Ask the operators to register this one.",
            "此处只执行已登记的文档，而此文档未登记。请联系运维人员登记。",
        ),
        Phrase(
            "name a registered document by `documentId`, or send it word for word",
            "请以 `documentId` 指明已登记的文档，或逐字发送该文档",
        ),
    ),
    "PERSISTED_QUERY_NOT_FOUND": Failure(
        200,
        Phrase("The server does not know the document of this hash.", "服务器不认识此哈希的文档。"),
        Phrase(
            "send `query` with the hash once, as clients that use hashes do by themselves",
            "请连同哈希发送一次 `query`；支持的客户端会自动如此",
        ),
    ),
    "UNAUTHENTICATED": Failure(
        401,
        Phrase("The token does not hold.", "令牌无效。"),
        Phrase("get a new token", "请换取新的令牌"),
    ),
    "FORBIDDEN": Failure(
        403,
        Phrase("The asker may not do this.", "无权执行。"),
        Phrase(
            "ask with another role or scope; a GET from a page of another site needs `X-Requested-With`",
            "请使用其他角色或职权范围；来自其他站点页面的 GET 须带 `X-Requested-With`",
        ),
    ),
    "INTROSPECTION_DISABLED": Failure(
        403,
        Phrase("Looking into the schema is switched off here.", "此处已关闭模式查询。"),
        Phrase(
            "read `graphql/schema.graphql` of this version, or ask `chuishao schema`",
            "请查阅本版本的 `graphql/schema.graphql`，或运行 `chuishao schema`",
        ),
    ),
    "PATH_NOT_FOUND": Failure(
        404,
        Phrase("Nothing is served under this address.", "此地址没有内容。"),
        Phrase("the endpoint is `/graphql`", "端点为 `/graphql`"),
    ),
    "METHOD_NOT_ALLOWED": Failure(
        405,
        Phrase("The endpoint knows GET and POST.", "端点只支持 GET 与 POST。"),
        Phrase("use POST", "请使用 POST"),
    ),
    "MUTATION_BY_GET": Failure(
        405,
        Phrase("A mutation must be sent by POST.", "变更操作须用 POST 发送。"),
        Phrase("use POST", "请使用 POST"),
    ),
    "NOT_ACCEPTABLE": Failure(
        406,
        Phrase("The client accepts no form that the answer has.", "客户端不接受结果的任何格式。"),
        Phrase(
            "accept JSON, or `text/event-stream` for a subscription",
            "请接受 JSON；订阅请接受 `text/event-stream`",
        ),
    ),
    "REQUEST_TIMEOUT": Failure(
        408,
        Phrase("The body did not arrive in time.", "请求体未及时到达。"),
        Phrase("send the request again", "请重新发送"),
    ),
    "TOO_LARGE": Failure(
        413,
        Phrase("The request is too large.", "请求过大。"),
        Phrase("at most 256 KiB a request", "每个请求至多 256 KiB"),
    ),
    "HEAD_TOO_LARGE": Failure(
        431,
        Phrase("The request's address and headers are too large.", "请求的地址与请求头过大。"),
        Phrase(
            "at most 64 KiB together; send long documents by POST",
            "合计至多 64 KiB；较长的文档请用 POST 发送",
        ),
    ),
    "UNSUPPORTED_MEDIA_TYPE": Failure(
        415,
        Phrase("The body is not plain JSON in UTF-8.", "请求体不是 UTF-8 编码、未压缩的 JSON。"),
        Phrase("send `application/json`, not compressed", "请发送未压缩的 `application/json`"),
    ),
    "TOO_MANY_OPERATIONS": Failure(
        429,
        Phrase("Too many operations at once.", "同时进行的操作过多。"),
        Phrase(
            "end one first: at most 100 operations on one socket, 300 subscriptions of one asker",
            "请先结束其中一个：一个连接上至多 100 个操作，同一用户至多 300 个订阅",
        ),
    ),
    "RATE_LIMITED": Failure(
        429,
        Phrase("The asker's points for this minute are used up.", "本分钟的额度已用完。"),
        Phrase("come back after `retryAfter` seconds", "请在 `retryAfter` 秒后重试"),
    ),
    "UNAVAILABLE": Failure(
        503,
        Phrase(
            "The database is not available now. Nothing was changed, or it is safe to send the same command "
            "again.",
            "数据库暂时不可用。没有任何改动，或可安全地重新发送同一命令。",
        ),
        Phrase(
            "with `retry: true`: send the same request again, with the same command id",
            "带有 `retry: true`：请用同一命令标识重新发送",
        ),
    ),
    "TIMEOUT": Failure(
        504,
        Phrase(
            "It took too long and was given up. Nothing was changed, or it is safe to send the same command "
            "again.",
            "执行超时，已停止。没有任何改动，或可安全地重新发送同一命令。",
        ),
        Phrase(
            "ask for less at once; with `retry: true`: send the same command again, with the same command id",
            "请缩小查询范围；带有 `retry: true`：请用同一命令标识重新发送",
        ),
    ),
    "INTERNAL": Failure(
        500,
        Phrase("internal error", "服务器内部错误"),
        Phrase(
            "tell the operators the `id`; the server's log has it",
            "请将 `id` 告知运维人员；服务器日志中有记录",
        ),
    ),
}
"""Every code of an error that is no refusal of a command."""
