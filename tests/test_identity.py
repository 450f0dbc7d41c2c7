"""Who is believed: tokens of an identity provider by its public keys, and tokens of our own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from chuishao.commands.secret import secret_of
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Role
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.service.claims import ClaimNames
from chuishao.service.jwks import RSA_BITS
from chuishao.service.keys import load_key, load_token_key, token_key
from chuishao.service.provider import LARGEST, Pace, Provider
from chuishao.service.settings import Settings, WrongSetting
from chuishao.service.tokens import LONGEST, Trust, mint
from tests.provider import ISSUER, Authority, Site, jwk, key_for, site
from tests.served import AUDITOR, Client, Served, Socket, address, process, run_chuishao, served
from tests.town import KEY, Town

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)


@dataclass
class Hands:
    """A clock that the test moves."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class City:
    """A provider that signs, its address, and a server's trust in it."""

    authority: Authority
    site: Site
    clock: Hands = field(default_factory=Hands)
    pace: Pace = field(default_factory=lambda: Pace(timeout=2))

    def __post_init__(self) -> None:
        self.trust = self.trusting()

    def trusting(self, **changed: Any) -> Trust:
        """Trust in this provider and in nobody else, unless told otherwise."""
        provider = Provider(changed.pop("source", self.site.url), self.pace, self.clock)
        return Trust(**({"key": None, "provider": provider, "issuer": ISSUER} | changed))

    def publish(self, *algorithms: str) -> None:
        """Show the present keys."""
        self.site.document = self.authority.published(*algorithms)

    def show(self, *keys: dict[str, Any]) -> None:
        """Show these keys."""
        self.site.document = json.dumps({"keys": keys}).encode()

    async def holds(self, token: str) -> bool:
        """Whether a token is believed; whatever else happens is raised."""
        return await holds(self.trust, token)

    async def away(self, token: str) -> bool:
        """Whether the server says that it cannot tell now."""
        try:
            await self.trust.verify(token)
        except ApiError as error:
            return error.code == "UNAVAILABLE" and error.extensions == {"retry": True}
        return False


async def holds(trust: Trust, token: str) -> bool:
    try:
        await trust.verify(token)
    except ApiError as error:
        assert error.code == "UNAUTHENTICATED"
        return False
    return True


@pytest.fixture
async def city() -> AsyncIterator[City]:
    """A provider with one RSA key."""
    authority = Authority()
    async with site(authority.published()) as opened:
        yield City(authority, opened)


# 公钥 By public keys


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_token_of_the_provider_says_who_one_is(algorithm: str, city: City) -> None:
    city.publish(*ALGORITHMS)
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)

    actor, ends = await city.trust.verify(city.authority.token(algorithm, exp=end))

    assert actor == Actor("auditor-1", Role.AUDITOR, "12")
    assert ends == end


async def test_keys_may_lie_in_a_file(city: City, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(city.authority.published())
    trust = city.trusting(source=str(file))

    assert await holds(trust, city.authority.token())
    city.authority.rotate()
    assert not await holds(trust, city.authority.token())
    file.write_bytes(city.authority.published())
    city.clock.seconds += city.pace.pause
    assert await holds(trust, city.authority.token())


async def test_a_token_without_a_key_s_name_holds_where_only_one_key_can_be_meant(city: City) -> None:
    token = city.authority.token(headers={"kid": None})
    one, other = (jwk("RS256", key_for("RS256", n).public_key(), kid=str(n)) for n in (0, 1))

    city.show(one)
    assert await city.holds(token)
    city.show(one, other)
    city.clock.seconds += city.pace.lifetime + 1
    assert not await city.holds(token)


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed_with_a_shared_secret(token: str, secret: bytes, algorithm: str, **headers: Any) -> str:
    """The claims of a token, signed with HMAC, as nobody's library would let one do."""
    body = f"{encoded({'alg': algorithm, 'typ': 'JWT'} | headers)}.{token.split('.')[1]}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"{body}.{encoded(hmac.digest(secret, body.encode(), digest))}"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("local", [None, token_key(KEY)], ids=["provider only", "and local"])
async def test_a_public_key_is_no_secret_to_sign_with(
    algorithm: str, local: bytes | None, city: City
) -> None:
    public = key_for("RS256").public_key()
    secrets = [
        public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        for encoding in (Encoding.PEM, Encoding.DER)
    ]
    secrets += [secrets[0].strip(), json.dumps(jwk("RS256", public)).encode(), b"", KEY]
    trust = city.trusting(key=local)
    for secret in secrets:
        for headers in ({}, {"kid": city.authority.kid("RS256")}):
            forged = signed_with_a_shared_secret(city.authority.token(), secret, algorithm, **headers)
            assert not await holds(trust, forged)


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "", None, 256, ["RS256"], {"a": 1}])
async def test_a_token_without_a_signature_is_refused(algorithm: Any, city: City) -> None:
    _, claims, signature = city.authority.token().split(".")
    header = encoded({"alg": algorithm, "kid": city.authority.kid("RS256")})
    for forged in (f"{header}.{claims}.", f"{header}.{claims}.{signature}", f"{header}.{claims}"):
        assert not await city.holds(forged)


UNUSABLE: dict[str, dict[str, Any]] = {
    "for encryption": {"use": "enc"},
    "for other operations": {"key_ops": ["encrypt"]},
    "with operations that are no list": {"key_ops": "verify"},
    "for another algorithm": {"alg": "RS512"},
    "for an algorithm of another kind": {"alg": "ES256"},
    "for a symmetric algorithm": {"alg": "HS256"},
    "of an unknown kind": {"kty": "XYZ"},
    "of a wrong kind": {"kty": "EC"},
    "without its modulus": {"n": ""},
    "with a modulus that is none": {"n": "!"},
    "with a modulus that is no text": {"n": 5},
    "with a name that is no text": {"kid": ["RS256-0"]},
}


@pytest.mark.parametrize("what", UNUSABLE)
async def test_a_key_is_used_for_what_it_says_and_for_nothing_else(what: str, city: City) -> None:
    good = jwk("ES256", key_for("ES256").public_key(), kid="ES256-0")
    public = key_for("RS256").public_key()
    city.show(jwk("RS256", public, kid="RS256-0") | UNUSABLE[what], "nothing", good)  # type: ignore[arg-type]

    assert not await city.holds(city.authority.token("RS256"))
    assert await city.holds(city.authority.token("ES256"))


async def test_a_key_that_is_published_whole_short_or_shared_is_not_used(city: City) -> None:
    good = jwk("ES256", key_for("ES256").public_key(), kid="ES256-0")
    short = jwk("RS256", key_for("RS256", 9, RSA_BITS // 2).public_key(), kid="RS256-9")
    whole = jwk("RS256", key_for("RS256"), kid="RS256-0", key_ops=["verify", "sign"])
    shared = {"kty": "oct", "k": encoded(KEY), "kid": "shared", "alg": "HS256"}
    city.show(short, whole, shared, good)

    assert not await city.holds(city.authority.token())
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        weak = jwt.encode({"exp": 2**33}, key_for("RS256", 9, RSA_BITS // 2), "RS256", {"kid": "RS256-9"})
    assert not await city.holds(weak)
    by_hand = signed_with_a_shared_secret(city.authority.token(), KEY, "HS256", kid="shared")
    assert not await city.holds(by_hand)


# 改动 Nothing of a token can be changed


@settings(max_examples=300)
@given(data=st.data())
async def test_no_change_of_a_token_s_bytes_is_believed(data: st.DataObject, city: City) -> None:
    algorithm = data.draw(st.sampled_from(["RS256", "ES256", "EdDSA", "HS256"]))
    city.publish("RS256", "ES256", "EdDSA")
    trust = city.trusting(key=token_key(KEY))
    token = mint(token_key(KEY), AUDITOR, timedelta(hours=1))
    if algorithm != "HS256":
        token = city.authority.token(algorithm)
    assert await holds(trust, token)
    place = data.draw(st.integers(0, len(token)))
    until = data.draw(st.integers(place, min(len(token), place + 3)))
    alphabet = st.sampled_from("ABCXYZabcxyz0189-_=.+/ \n\0é")
    changed = token[:place] + data.draw(st.text(alphabet, max_size=3)) + token[until:]

    assert changed == token or not await holds(trust, changed)


@settings(max_examples=100)
@given(data=st.data())
async def test_no_change_of_a_token_s_claims_is_believed(data: st.DataObject, city: City) -> None:
    algorithm = data.draw(st.sampled_from(["RS256", "HS256"]))
    trust = city.trusting(key=token_key(KEY))
    token = mint(token_key(KEY), AUDITOR, timedelta(hours=1))
    if algorithm != "HS256":
        token = city.authority.token(algorithm)
    header, _, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    name = data.draw(st.sampled_from([*claims, "department", "nbf"]))
    value: Any = data.draw(st.sampled_from([None, "", "ADMINISTRATOR", "someone", 2**33, 0, [], {}, True]))
    forged = f"{header}.{encoded(claims | {name: value})}.{signature}"

    assert claims.get(name, token) == value or not await holds(trust, forged)


@pytest.mark.parametrize(
    "token",
    [
        *("", ".", "..", "a.b.c", "a.b.c.d", "令.牌.了", "e30.e30.e30", "\0.\0.\0"),
        f"{encoded(b'[' * 9000)}.e30.e30",
        f"{encoded(b'[]')}.e30.e30",
        f"{encoded({'alg': 'RS256', 'kid': 5})}.e30.e30",
        f"{encoded({'alg': 'RS256', 'crit': ['exp']})}.e30.e30",
        f"{encoded({'alg': 'RS256', 'b64': False, 'crit': ['b64']})}..e30",
        "A" * LONGEST + ".e30.e30",
    ],
)
async def test_what_is_no_token_is_refused(token: str, city: City) -> None:
    assert not await city.holds(token)
    assert not await holds(Trust(token_key(KEY)), token)


async def test_a_token_that_wants_something_understood_is_refused(city: City) -> None:
    assert not await city.holds(city.authority.token(headers={"crit": ["exp"]}))


# 声明 Claims


DEPARTMENT = uuid4()
NOW = datetime.now(UTC)
REFUSED_CLAIMS: dict[str, dict[str, Any]] = {
    "of another provider": {"iss": "https://elsewhere.example"},
    "of nobody": {"iss": None},
    "for another audience": {"aud": "elsewhere"},
    "for no audience": {"aud": None},
    "for other audiences": {"aud": ["account", "elsewhere"]},
    "without an end": {"exp": None},
    "that has ended": {"exp": NOW - timedelta(seconds=5)},
    "with an end that is no number": {"exp": "tomorrow"},
    "with an end in quotes": {"exp": str(2**33)},
    "with an end beyond all times": {"exp": 10**30},
    "with an endless end": {"exp": float("inf")},
    "that begins later": {"nbf": NOW + timedelta(hours=1)},
    "of tomorrow": {"iat": NOW + timedelta(days=1)},
    "without a subject": {"sub": None},
    "with an empty subject": {"sub": " "},
    "with a subject that is no text": {"sub": 7},
    "with a long subject": {"sub": "x" * 201},
    "with a subject that cannot be stored": {"sub": "a\0"},
    "with the name of the server itself": {"sub": "system"},
    "with the name of nobody": {"sub": "anonymous"},
    "without a role": {"role": None},
    "with a role that is none": {"role": "MAYOR"},
    "with a role in small letters": {"role": "auditor"},
    "with several roles": {"role": ["AUDITOR"]},
    "with a role that is an object": {"role": {"AUDITOR": True}},
    "with a list as scope": {"scope": ["12"]},
    "with a number as scope": {"scope": 12},
    "with the scopes of OAuth": {"scope": "openid profile"},
    "with a scope that begins no code": {"scope": "12x"},
    "with a scope that is too long": {"scope": "1201010010012"},
    "with a scope beyond a grid": {"scope": "120101001001-G0011"},
    "with other digits": {"scope": "１２"},
    "with a line after the scope": {"scope": "12\n"},
    "of an officer of no department": {"role": "DEPARTMENT_OFFICER"},
    "of an officer of what is no department": {"role": "DEPARTMENT_OFFICER", "department": "7"},
    "of an officer of several departments": {"role": "DEPARTMENT_OFFICER", "department": [str(DEPARTMENT)]},
    "of somebody else with a department": {"department": str(DEPARTMENT)},
}


@pytest.mark.parametrize("what", REFUSED_CLAIMS)
async def test_a_token_is_refused(what: str, city: City) -> None:
    assert not await city.holds(city.authority.token(**REFUSED_CLAIMS[what]))


async def test_what_is_wrong_with_a_claim_is_said_in_both_languages(city: City) -> None:
    with pytest.raises(ApiError) as refused:
        await city.trust.verify(city.authority.token(role="MAYOR"))

    said = refused.value.said
    assert said.en.startswith("The token's claim role must be one of RESIDENT, GRID_WORKER, ")
    assert said.zh.startswith("令牌的声明 role 须为下列之一：RESIDENT、GRID_WORKER、")


@pytest.mark.parametrize(
    "scope", [None, "", "1", "12", "120101", "120101001001", "120101001001-", "120101001001-G001"]
)
async def test_a_scope_is_the_beginning_of_a_code(scope: str | None, city: City) -> None:
    actor, _ = await city.trust.verify(city.authority.token(scope=scope))
    assert actor.scope == scope


async def test_a_clock_that_is_a_little_ahead_does_no_harm(city: City) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=5)
    assert await city.holds(city.authority.token(iat=soon, nbf=soon, aud=["account", "chuishao"]))


async def test_a_provider_may_call_claims_as_it_likes(city: City) -> None:
    names = ClaimNames(
        sub="preferred_username", role="chuishao.role", scope="https://a.example/scope", department="unit.id"
    )
    trust = city.trusting(names=names)
    said: dict[str, Any] = {
        "preferred_username": "officer-7",
        "chuishao": {"role": "DEPARTMENT_OFFICER"},
        "https://a.example/scope": "120101",
        "unit": {"id": str(DEPARTMENT)},
        "scope": "openid profile",
        "role": "ADMINISTRATOR",
    }

    actor, _ = await trust.verify(city.authority.token(**said))

    assert actor == Actor("officer-7", Role.DEPARTMENT_OFFICER, "120101", DEPARTMENT)
    assert not await holds(trust, city.authority.token(**said | {"chuishao": "DEPARTMENT_OFFICER"}))


# 换钥与中断 Rotation, and a provider that is away


async def test_a_new_key_is_found_and_an_old_one_is_given_up(city: City) -> None:
    old = city.authority.token()
    assert await city.holds(old)
    city.authority.rotate()
    city.publish()
    city.clock.seconds += city.pace.pause

    assert await city.holds(city.authority.token())
    assert not await city.holds(old)
    assert city.site.fetches == 2


async def test_a_key_that_the_provider_withdraws_holds_for_its_lifetime_and_no_longer(city: City) -> None:
    old = city.authority.token()
    assert await city.holds(old)
    city.authority.rotate()
    city.publish()

    city.clock.seconds += city.pace.lifetime
    assert await city.holds(old)
    city.clock.seconds += 1
    assert not await city.holds(old)


async def test_keys_are_fetched_once_for_many_who_come_at_once(city: City) -> None:
    token = city.authority.token()
    assert all(await asyncio.gather(*(city.holds(token) for _ in range(50))))
    assert city.site.fetches == 1


async def test_a_hundred_unknown_keys_do_not_hammer_the_provider(city: City) -> None:
    assert await city.holds(city.authority.token())
    city.clock.seconds += city.pace.pause
    forged = [city.authority.token(headers={"kid": str(uuid4())}) for _ in range(100)]

    assert not any(await asyncio.gather(*(city.holds(token) for token in forged)))
    assert not any([await city.holds(token) for token in forged])
    assert await city.holds(city.authority.token())
    assert city.site.fetches == 2


async def test_one_who_leaves_does_not_end_the_fetch_for_the_others(city: City) -> None:
    token = city.authority.token()
    leaving, staying = (asyncio.create_task(city.holds(token)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()

    assert await staying
    assert city.site.fetches == 1


async def test_keys_are_kept_while_the_provider_is_away_and_not_for_ever(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    token = city.authority.token()
    assert await city.holds(token)
    city.site.status = "500 Internal Server Error"

    city.clock.seconds += city.pace.kept
    assert await city.holds(token)
    assert await city.away(city.authority.token(headers={"kid": "new"}))
    city.clock.seconds += 1
    assert await city.away(token)
    city.clock.seconds += city.pace.pause
    city.site.status = "200 OK"
    assert await city.holds(token)
    assert f"the keys of {city.site.url} cannot be fetched now: the answer has status 500" in caplog.text


async def test_a_server_that_starts_while_the_provider_is_away_recovers(city: City) -> None:
    city.site.status = "503 Service Unavailable"
    token = city.authority.token()
    assert await city.away(token)
    city.site.status = "200 OK"
    assert await city.away(token)
    city.clock.seconds += city.pace.pause
    assert await city.holds(token)
    assert city.site.fetches == 2


async def test_nobody_is_held_up_by_a_provider_that_does_not_answer() -> None:
    authority = Authority()
    async with site(authority.published()) as opened:
        city = City(authority, opened, pace=Pace(timeout=0.2))
        token = authority.token()
        opened.hangs = True
        assert await city.away(token)
        opened.hangs = False
        city.clock.seconds += city.pace.pause
        assert await city.holds(token)

        opened.hangs = True
        city.clock.seconds += city.pace.lifetime + 1
        assert await city.holds(token)
        city.clock.seconds += city.pace.pause
        assert all([await city.holds(token) for _ in range(100)])
        assert opened.fetches <= 4


async def test_nobody_at_the_address_is_a_provider_that_is_away(city: City) -> None:
    async with site(b"") as gone:
        pass
    city.trust = city.trusting(source=gone.url)
    assert await city.away(city.authority.token())


GARBAGE = {
    "nothing": b"",
    "not JSON": b"<html>",
    "not UTF-8": b"\xff\xfe\x00",
    "a list": b"[]",
    "no keys": b"{}",
    "keys that are none": b'{"keys": {"a": 1}}',
    "an empty list": b'{"keys": []}',
    "strange keys": b'{"keys": [1, null, "a", [], {}, {"kty": []}, {"kty": "RSA"}]}',
    "too deep": b'{"keys": ' + b"[" * 100_000,
    "too many": json.dumps({"keys": [{}] * 101}).encode(),
    "too large": b" " * (LARGEST + 1) + b"{}",
}


@pytest.mark.parametrize("what", GARBAGE)
async def test_garbage_is_no_set_of_keys_and_the_last_good_ones_stay(what: str, city: City) -> None:
    token, good = city.authority.token(), city.site.document
    city.site.document = GARBAGE[what]
    assert await city.away(token)
    city.site.document = good
    city.clock.seconds += city.pace.pause
    assert await city.holds(token)
    city.site.document = GARBAGE[what]
    city.clock.seconds += city.pace.lifetime + 1
    assert await city.holds(token)
    assert city.site.fetches == 3


async def test_the_keys_come_from_the_address_that_was_set_and_from_no_other(city: City) -> None:
    async with site(city.authority.published()) as elsewhere:
        city.site.status, city.site.headers = "302 Found", f"location: {elsewhere.url}\r\n"
        assert await city.away(city.authority.token())
        assert elsewhere.fetches == 0


def certificate(folder: Path) -> Path:
    """A certificate for localhost that nobody but its maker vouches for, and its key."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    key = key_for("ES256", 99)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return file


async def test_the_provider_must_prove_who_it_is(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    async with site(city.authority.published(), tls) as secure:
        city.trust = city.trusting(source=secure.url)
        assert await city.away(city.authority.token())
        assert secure.fetches == 0

        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        city.trust = city.trusting(source=secure.url)
        assert await city.holds(city.authority.token())


# 本地密钥 Tokens of our own


async def test_beside_a_provider_tokens_of_our_own_hold_only_where_that_is_said(city: City) -> None:
    ours = mint(token_key(KEY), AUDITOR, timedelta(hours=1))

    assert not await city.holds(ours)
    both = city.trusting(key=token_key(KEY))
    assert (await both.verify(ours))[0] == AUDITOR
    assert await holds(both, city.authority.token())
    assert not await holds(Trust(token_key(KEY)), city.authority.token())


def test_who_signs_tokens_cannot_make_the_secrets_of_cases() -> None:
    case = uuid4()
    assert token_key(KEY) != KEY
    assert secret_of(token_key(KEY), case) != secret_of(KEY, case)


def test_the_key_of_an_installation_stays_what_it_was() -> None:
    case = UUID("0192a3b4-0000-7000-8000-000000000001")
    assert secret_of(KEY, case) == "PX2ELHVX4F4HNB7IXHJTJW2V"
    assert token_key(KEY).hex() == "d5770d5c8e16bb20688b6110f918061d31c7162931168c9e968fc89ca87908a6"


async def test_the_key_of_tokens_can_be_changed_without_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHUISHAO_KEY", raising=False)
    key = load_key(tmp_path)
    before = mint(load_token_key(key), AUDITOR, timedelta(hours=1))
    monkeypatch.setenv("CHUISHAO_TOKEN_KEY", "ab" * 32)

    assert load_key(tmp_path) == key
    assert load_token_key(key) == bytes.fromhex("ab" * 32)
    assert not await holds(Trust(load_token_key(key)), before)


@pytest.mark.parametrize("given", ["", "secret", "ab" * 31, KEY.hex()])
def test_a_key_of_tokens_that_cannot_be_one_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUISHAO_TOKEN_KEY", given)
    with pytest.raises(WrongSetting, match="CHUISHAO_TOKEN_KEY"):
        load_token_key(KEY)


# 设置 Settings


WITH = {"jwks_url": "https://identity.example/keys", "jwt_issuer": ISSUER}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"jwks_url": "http://identity.example/keys"}, "it must begin with https://, except for localhost"),
        ({"jwks_url": "http://localhost.example/keys"}, "it must begin with https://, except for localhost"),
        ({"jwks_url": "ftp://identity.example/keys"}, "jwks-url must be like https://HOST/PATH"),
        ({"jwks_url": "https:///keys"}, "jwks-url must be like https://HOST/PATH"),
        ({"jwks_url": "https://somebody:secret@identity.example/"}, "jwks-url must be like"),
        ({"jwks_url": "https://identity.example:99999/"}, "jwks-url must be like"),
        ({"jwks_url": "https://identity.example/a b"}, "jwks-url must be like"),
        ({"jwks_url": "https://identity.example/a\r\nHost: b"}, "jwks-url must be like"),
        ({"jwks_url": "nosuch.json"}, "there is no such file"),
        ({"jwt_issuer": None}, "jwks-url and jwt-issuer belong together"),
        ({"jwks_url": None}, "jwks-url and jwt-issuer belong together"),
        ({"jwks_url": None, "jwt_issuer": None, "jwt_claims": ("role=a",)}, "give jwks-url, too"),
        ({"jwt_audience": ""}, "jwt-audience is empty"),
        ({"jwt_claims": ("role",)}, "jwt-claims is 'role'; it must be like role=realm.role"),
        ({"jwt_claims": ("mayor=a",)}, "jwt-claims is 'mayor=a'; it must be like role=realm.role"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongSetting) as refused:
        Settings(**WITH | changed)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_an_address_of_this_machine_needs_no_tls(host: str) -> None:
    assert Settings(jwks_url=f"http://{host}:8080/keys", jwt_issuer=ISSUER).jwks_url


# 服务器 Through a server


@pytest.fixture
async def serving(city: City, town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town, believing the provider."""
    assert town
    async with served(database, trust=city.trust) as running:
        yield running


def bearing(server: Served, token: str) -> Client:
    """Somebody with a token."""
    return Client(server.base, server.http, {"authorization": f"Bearer {token}"})


async def test_a_server_believes_the_provider_and_not_itself(city: City, serving: Served) -> None:
    viewer = (await bearing(serving, city.authority.token()).read("{ viewer { id role scope } }"))["viewer"]
    refused = await serving.client(AUDITOR).post("{ viewer { id } }")

    assert viewer == {"id": "auditor-1", "role": "AUDITOR", "scope": "12"}
    assert refused.status_code == 401


async def test_a_socket_and_a_stream_end_with_the_provider_s_token(city: City, serving: Served) -> None:
    document = "subscription { events { position } }"
    client = bearing(serving, city.authority.token(exp=datetime.now(UTC) + timedelta(seconds=2)))

    async with client.socket() as socket, client.stream(document) as results:
        await socket.subscribe(document)
        assert [result async for result in results] == []
        assert (await closing(socket))[0] == 4403
    assert (await client.post("{ viewer { id } }")).status_code == 401


async def closing(socket: Socket) -> tuple[int, str]:
    """How a socket is closed."""
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(10):
            while True:
                await socket.connection.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


@pytest.mark.parametrize("name", ["authToken", "token", "authorization", "Authorization"])
async def test_a_socket_with_a_token_of_a_wrong_shape_is_closed(name: str, serving: Served) -> None:
    for shape in (5, True, ["a"], {"token": "a"}, "", " ", "Bearer "):
        async with serving.client().opened() as socket:
            await socket.say(type="connection_init", payload={name: shape})
            code, reason = await closing(socket)
        assert code == 4401
        assert reason == f"Send the token as a text in {name}, or leave {name} out."


async def test_a_socket_that_says_it_has_no_token_is_nobody_s(serving: Served) -> None:
    async with serving.client().opened() as socket:
        await socket.say(type="connection_init", payload={"authToken": None})
        assert await socket.hear() == {"type": "connection_ack"}


async def test_while_tokens_cannot_be_checked_the_server_says_so(city: City, serving: Served) -> None:
    city.site.status = "500 Internal Server Error"
    client = bearing(serving, city.authority.token())

    answers = [await client.speaking(language).post("{ viewer { id } }") for language in ("en", "zh")]
    async with client.opened() as socket:
        await socket.say(type="connection_init", payload={"authToken": city.authority.token()})
        closed = await closing(socket)

    assert {answer.status_code for answer in answers} == {503}
    english, chinese = (answer.json()["errors"][0] for answer in answers)
    assert english["extensions"] == {"code": "UNAVAILABLE", "retry": True}
    assert "identity provider cannot be reached" in english["message"]
    assert "统一身份认证" in chinese["message"]
    assert closed == (1013, english["message"])


async def test_the_command_takes_the_provider_as_it_is_set(
    city: City, town: Town, database: str, tmp_path: Path
) -> None:
    assert town
    city.publish("ES256")
    given = ("--jwks-url", city.site.url, "--jwt-issuer", ISSUER, "--jwt-claims", "role=city.role,sub=name")
    token = city.authority.token("ES256", name="auditor-7", city={"role": "AUDITOR"}, aud="elsewhere")
    settings = (*given, "--jwt-audience", "elsewhere")
    async with process(tmp_path, "--database-url", address(database), *settings) as server:
        found = await bearing(server.served, token).read("{ viewer { id role scope } }")
        assert found["viewer"] == {"id": "auditor-7", "role": "AUDITOR", "scope": "12"}
        assert (await server.client(AUDITOR).post("{ viewer { id } }")).status_code == 401

    refused = await asyncio.to_thread(run_chuishao, "token", "--role", "auditor", *given[:4])
    assert refused.returncode == 2
    assert (
        refused.stderr
        == "chuishao: tokens are made by the identity provider; with --local-tokens, here too\n"
    )
