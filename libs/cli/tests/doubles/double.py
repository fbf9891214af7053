"""Stands in for a service: real process, real health, and it notes when it was told to stop."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

VAR = Path(os.environ["YUQING_VAR"])


class Healthz(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


def serve(name: str) -> None:
    stop = threading.Event()
    stubborn = name in os.environ.get("DOUBLE_STUBBORN", "").split()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if stubborn else lambda *_: stop.set())
    server = grpc.server(ThreadPoolExecutor(2))
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port(os.environ[f"YUQING_{name.upper()}_ADDRESS"])
    server.start()
    if name == "gateway":
        gateway()
    sys.stdout.write('{"level": "warning", "event": "one warning"}\n' + "something nobody needs to see\n")
    sys.stdout.flush()
    stop.wait()
    with (VAR / "stopped").open("a") as file:
        file.write(f"{name}\n")
    os._exit(0)


def gateway() -> None:
    accounts = VAR / "first-accounts.txt"
    if not accounts.exists():
        accounts.write_text("admin  first-password\n")
    host, _, port = os.environ["YUQING_GATEWAY_HTTP"].rpartition(":")
    http = ThreadingHTTPServer((host, int(port)), Healthz)
    threading.Thread(target=http.serve_forever, daemon=True).start()
