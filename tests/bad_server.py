#!/usr/bin/env python3
"""A server on loopback that does what debuginfod servers should not.

    bad_server.py LOG FILE

Prints its port. The first part of a request's path says what it does with it;
FILE is the ELF file that a lying server sends for every build id. Each request
is a line in LOG.
"""
import http.server
import socketserver
import sys
import time

LOG, FILE = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def send(self, code, body=b"", length=None, **headers):
        self.send_response(code)
        if length is not False:
            self.send_header("Content-Length", length or len(body))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with open(LOG, "a") as log:
            log.write(self.path + "\n")
        try:
            getattr(self, "do_" + self.path.split("/")[1])()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def do_missing(self):
        self.send(404, b"no such build id")

    def do_broken(self):
        self.send(500, b"broken")

    def do_busy(self):
        self.send(503, b"busy")

    def do_lying(self):
        with open(FILE, "rb") as file:
            self.send(200, file.read())

    def do_login(self):
        self.send(200, b"<html>please log in</html>")

    def do_cut(self):
        self.send(200, b"\x7fELF" + bytes(5000), length=1000000)

    def do_silent(self):
        time.sleep(60)

    def do_stalled(self):
        self.send(200, b"\x7fELF" + bytes(100), length=1000000)
        time.sleep(60)

    def do_endless(self):
        self.send(200, length=False)
        for _ in range(4096):
            self.wfile.write(bytes(1 << 20))

    def do_around(self):
        self.send(302, Location=self.path)

    def do_file(self):
        self.send(302, Location="file:///etc/passwd")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
