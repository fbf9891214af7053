"""Traces, metrics and logs by OpenTelemetry, started once a process; telemetry that fails never breaks work."""

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Counter, Histogram
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Link, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import start_http_server

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_METER: Final = metrics.get_meter("yuqing")
_TRACER: Final = trace.get_tracer("yuqing")


@dataclass(frozen=True)
class Telemetry:
    """The providers of this process; `close` flushes what is not sent yet."""

    traces: TracerProvider
    metrics: MeterProvider
    logs: LoggerProvider | None
    metrics_port: int | None

    def close(self) -> None:
        self.traces.shutdown()
        self.metrics.shutdown()
        if self.logs:
            self.logs.shutdown()


def start_telemetry(service: str, *, metrics_port: int | None = None, metrics_host: str = "127.0.0.1") -> Telemetry:
    """Sets the global providers. OTLP where OTEL_EXPORTER_OTLP_ENDPOINT is set; Prometheus on `metrics_port` where one is given (0: a free one)."""
    exporting = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    resource = Resource.create({"service.name": f"yuqing-{service}", "service.namespace": "yuqing"})
    # Without anywhere to send them to, spans only carry their trace's id into logs and errors.
    traces = TracerProvider(resource=resource, sampler=None if exporting else ALWAYS_OFF)
    readers: list[MetricReader] = [PrometheusMetricReader()]
    logs: LoggerProvider | None = None
    if exporting:
        traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
        logs = LoggerProvider(resource=resource)
        logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
        logging.getLogger().addHandler(LoggingHandler(logger_provider=logs))
    meters = MeterProvider(resource=resource, metric_readers=readers)
    trace.set_tracer_provider(traces)
    metrics.set_meter_provider(meters)
    return Telemetry(traces, meters, logs, _serve_metrics(metrics_port, metrics_host))


def _serve_metrics(port: int | None, host: str) -> int | None:
    if port is None:
        return None
    try:
        server, _thread = start_http_server(port, addr=host)
    except OSError as error:
        logging.getLogger(__name__).warning("metrics are not served on port %s: %s", port, error)
        return None
    return int(server.server_port)


def tracer(name: str) -> Tracer:
    """A tracer for the module or package `name`."""
    return trace.get_tracer(name)


def current_traceparent() -> str:
    """The W3C trace context of the running span, or an empty string."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def context_of(carrier: Mapping[str, str]) -> Context:
    """The trace context that a call's metadata or a request's headers carry."""
    return _PROPAGATOR.extract(dict(carrier))


def linked_to(traceparent: str) -> Link | None:
    """A link to the span of a spool item or feed row: a batch has many origins and no single parent."""
    if not traceparent:
        return None
    span = trace.get_current_span(_PROPAGATOR.extract({"traceparent": traceparent})).get_span_context()
    return Link(span) if span.is_valid else None


def record_in_origins(name: str, traceparents: Iterable[str], started_nanoseconds: int) -> None:
    """Adds a span to the trace of each origin: work that was done for many at once is found from every one of them."""
    for traceparent in dict.fromkeys(each for each in traceparents if each):
        span = _TRACER.start_span(name, context=_PROPAGATOR.extract({"traceparent": traceparent}), start_time=started_nanoseconds)
        span.end()


class Outcomes:
    """Counts how units of work end: each ends in exactly one outcome. Metric `yuqing.<name>.outcomes`."""

    def __init__(self, name: str, description: str = "") -> None:
        self._counter: Counter = _METER.create_counter(f"yuqing.{name}.outcomes", description=description)

    def count(self, outcome: str, size: int = 1, labels: Mapping[str, str] | None = None) -> None:
        """Adds `size` units that ended in `outcome`."""
        self._counter.add(size, {"outcome": outcome, **(labels or {})})


def seconds_histogram(name: str, description: str = "") -> Histogram:
    """A histogram of durations in seconds."""
    return _METER.create_histogram(f"yuqing.{name}", unit="s", description=description)
