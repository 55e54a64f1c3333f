"""The api process: FastAPI over the domains."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from socketio import AsyncRedisManager
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

import console.alerts.endpoints
import console.audit.endpoints
import console.auth.endpoints
import console.backups.endpoints
import console.certificates.endpoints
import console.deploys.endpoints
import console.gates.door
import console.gates.endpoints
import console.health.endpoints
import console.jobs.endpoints
import console.machines.endpoints
import console.openapi.endpoints
import console.platform.endpoints
import console.series.endpoints
import console.sessions.endpoints
import console.totp.endpoints
import console.users.endpoints
from console.alerts.service import AlertService
from console.audit.service import AuditService
from console.auth.admission import Admission
from console.auth.attempts import Attempts
from console.auth.confirm import OwnPassword
from console.auth.limits import Limiter
from console.auth.passwords import Passwords
from console.auth.revocations import Revocations
from console.auth.service import AuthService
from console.auth.tokens import Tokens
from console.backups.service import BackupService
from console.cache import connection_options, make_redis
from console.certificates.service import CertificateService
from console.database import Database, is_away, open_database
from console.deploys.service import DeployService
from console.errors import ConsoleError, UnavailableError, problem
from console.gates.service import GateService, make_gates
from console.health.service import Readiness
from console.jobs.keeper import Keeper
from console.jobs.live import LiveJobs
from console.jobs.presence import Presence
from console.jobs.service import JobService
from console.lifecycle import Lifecycle
from console.machines.service import MachineService
from console.metrics import Metrics
from console.middleware import BodyLimit, RequestMiddleware, fault
from console.platform.repository import backup_reports, deploy_reports, service_reports
from console.platform.service import PlatformService
from console.prometheus import Prometheus
from console.series.service import SeriesService
from console.sessions.refresh import RefreshTokens
from console.sessions.service import SessionService
from console.settings import ApiSettings
from console.streams.store import TopicStore
from console.tasks import stop
from console.totp.codes import Vault
from console.totp.service import TotpService
from console.users.service import UserService

MAX_BODY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Services:
    """What endpoints and guards reach as ``request.app.state.services``."""

    settings: ApiSettings
    database: Database
    redis: Redis
    metrics: Metrics
    tokens: Tokens
    limiter: Limiter
    admission: Admission
    audit: AuditService
    sessions: SessionService
    auth: AuthService
    users: UserService
    totp: TotpService
    platform: PlatformService
    deploys: DeployService
    backups: BackupService
    alerts: AlertService
    gates: GateService
    machines: MachineService
    jobs: JobService
    keeper: Keeper
    prometheus: Prometheus
    series: SeriesService
    certificates: CertificateService
    readiness: Readiness


def make_services(settings: ApiSettings, lifecycle: Lifecycle, database: Database | None = None) -> Services:
    """Wire the domains together. Opens no connection yet."""
    database = database or open_database(settings.database_url)
    redis, metrics = make_redis(settings.redis_url), Metrics()
    tokens, prefix = Tokens(settings.secret_key), settings.redis_prefix
    audit = AuditService(database, metrics)
    revocations, passwords = Revocations(redis, prefix), Passwords()
    attempts = Attempts(redis, prefix, metrics)
    own = OwnPassword(database, passwords, attempts)
    sessions = SessionService(database, audit, revocations, tokens, RefreshTokens(settings.secret_key))
    totp = TotpService(database, audit, own, Vault(settings.secret_key))
    emitter = AsyncRedisManager(
        settings.redis_url,
        channel=f"{prefix}socketio",
        write_only=True,
        redis_options=connection_options(),
    )
    limiter = Limiter(redis, prefix, metrics)
    live, topics = LiveJobs(redis, prefix), TopicStore(redis, prefix)
    keeper = Keeper(database, live, topics, emitter)
    prometheus = Prometheus(settings.prometheus_url)
    return Services(
        settings=settings,
        database=database,
        redis=redis,
        metrics=metrics,
        tokens=tokens,
        limiter=limiter,
        admission=Admission(redis, revocations, sessions, limiter),
        audit=audit,
        sessions=sessions,
        auth=AuthService(database, audit, attempts, passwords, own, sessions, totp),
        totp=totp,
        users=UserService(database, audit, passwords, own, revocations),
        platform=PlatformService(service_reports(redis, prefix), emitter, metrics),
        deploys=DeployService(deploy_reports(redis, prefix), emitter),
        backups=BackupService(backup_reports(redis, prefix), emitter),
        alerts=AlertService(database, audit, emitter, metrics),
        gates=make_gates(database, audit, redis, settings),
        machines=MachineService(database, audit),
        jobs=JobService(database, audit, live, Presence(redis, prefix), topics, keeper, emitter, sessions),
        keeper=keeper,
        prometheus=prometheus,
        series=SeriesService(prometheus),
        certificates=CertificateService(prometheus),
        readiness=Readiness(lifecycle, {"database": database.ping, "redis": redis.ping}),
    )


def make_app(services: Services, lifecycle: Lifecycle) -> FastAPI:
    """The routes. No docs pages are served, and the schema (``console.openapi``) to who is signed in only."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        seconds = services.settings.startup_seconds
        await lifecycle.wait_for("the database", services.database.ping, seconds)
        await lifecycle.wait_for("Redis", services.redis.ping, seconds)
        keeping = asyncio.create_task(services.keeper.run())
        yield
        await stop(keeping)
        services.prometheus.close()
        await services.redis.aclose()
        await services.database.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.services = services
    app.add_exception_handler(ConsoleError, _console_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(PoolTimeoutError, _database_gone)
    app.add_exception_handler(RedisError, _redis_gone)
    app.add_exception_handler(Exception, _fault)
    app.include_router(console.health.endpoints.router)
    app.include_router(console.auth.endpoints.router)
    app.include_router(console.sessions.endpoints.router)
    app.include_router(console.users.endpoints.router)
    app.include_router(console.totp.endpoints.router)
    app.include_router(console.audit.endpoints.router)
    app.include_router(console.platform.endpoints.router)
    app.include_router(console.deploys.endpoints.router)
    app.include_router(console.backups.endpoints.router)
    app.include_router(console.alerts.endpoints.router)
    app.include_router(console.gates.endpoints.router)
    app.include_router(console.gates.door.router)
    app.include_router(console.series.endpoints.router)
    app.include_router(console.certificates.endpoints.router)
    app.include_router(console.jobs.endpoints.router)
    app.include_router(console.machines.endpoints.router)
    app.include_router(console.openapi.endpoints.router)
    return app


def make_asgi(services: Services, lifecycle: Lifecycle) -> ASGIApp:
    """What the server runs."""
    return RequestMiddleware(BodyLimit(make_app(services, lifecycle), MAX_BODY), services.metrics, lifecycle)


async def _console_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ConsoleError)  # noqa: S101 - for the type checker
    return problem(
        error.status,
        error.detail,
        code=error.code,
        headers=error.headers,
        request_id=request.state.request_id,
        **error.extensions,
    )


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    return problem(error.status_code, str(error.detail), headers=error.headers, request_id=request.state.request_id)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    # Where and why, never what was sent: it may be a password.
    errors = [{"field": ".".join(map(str, entry["loc"])), "message": entry["msg"]} for entry in error.errors()]
    return problem(
        422,
        "The request is not valid: " + "; ".join(f"{entry['field']}: {entry['message']}" for entry in errors[:3]),
        code="invalid",
        errors=errors[:20],
        request_id=request.state.request_id,
    )


async def _database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)  # noqa: S101
    if not is_away(error):
        raise error  # a fault of ours
    return await _database_gone(request, error)


async def _database_gone(request: Request, error: Exception) -> Response:
    return await _console_error(request, UnavailableError("The database does not answer. Try again soon."))


async def _redis_gone(request: Request, error: Exception) -> Response:
    return await _console_error(request, UnavailableError("Redis does not answer. Try again soon."))


async def _fault(request: Request, error: Exception) -> Response:
    return fault(request.state.request_id)
