"""One trace leads from a fetched page to its index write: seen by a collector that speaks OTLP, as operators run one."""

import asyncio
from collections import defaultdict
from concurrent import futures

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from yuqing_testkit.system import running_system


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self):
        self.traces = defaultdict(set)

    def Export(self, request, context):
        for resource in request.resource_spans:
            service = next(each.value.string_value for each in resource.resource.attributes if each.key == "service.name")
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.traces[span.trace_id].add((service, span.name))
        return trace_service_pb2.ExportTraceServiceResponse()


@pytest.fixture
def collector():
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    collector.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield collector
    server.stop(None)


@pytest.mark.timeout(600)  # a whole system starts, on a machine that may be busy
async def test_one_trace_leads_from_a_fetched_page_to_its_index_write(collector, tmp_path):
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}", "OTEL_BSP_SCHEDULE_DELAY": "500"}
    wanted = {("yuqing-crawler", "crawler.page"), ("yuqing-indexing", "index write")}
    with running_system(tmp_path / "var", world_posts=300, environment=environment):
        async with asyncio.timeout(240):
            while not any(wanted <= spans for spans in list(collector.traces.values())):
                await asyncio.sleep(0.5)
