"""Spans to a collector: switched on by the standard environment variables of OpenTelemetry."""

from __future__ import annotations

import importlib.util
import os

from opentelemetry import trace

from chuishao.service.settings import WrongSetting

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def wanted() -> bool:
    """Whether the environment names where spans go to."""
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "otlp" if any(map(os.environ.get, ENDPOINTS)) else "")
    return exporter == "otlp" and os.environ.get("OTEL_SDK_DISABLED", "").lower() != "true"


def require() -> None:
    """Refuse to start without the packages that the environment asks for."""
    if wanted() and importlib.util.find_spec("opentelemetry.sdk") is None:
        raise WrongSetting(
            "OpenTelemetry is asked for by OTEL_… variables, but its SDK is not installed;"
            " install the extra `telemetry`, or set OTEL_SDK_DISABLED=true"
        )


def start() -> None:
    """Send this process's spans to the collector that the environment names, if it names one."""
    if not wanted():
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 an extra
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    os.environ.setdefault("OTEL_SERVICE_NAME", "chuishao")
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
