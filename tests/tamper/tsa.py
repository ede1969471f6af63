#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A time stamping authority for tests: HTTP before `openssl ts -reply`.
usage: tsa.py FOLDER   (FOLDER/tsa.cnf; writes the port it listens on to FOLDER/port; /replay replies with the first stamp it ever made,
/garbage with no stamp at all, /refuse with a refusal of HTTP)"""
import http.server
import os
import subprocess
import sys
import tempfile

folder = sys.argv[1]
first = []


def stamp(query):
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "query")
        with open(path, "wb") as file:
            file.write(query)
        return subprocess.run(["openssl", "ts", "-reply", "-config", os.path.join(folder, "tsa.cnf"), "-queryfile", path],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, cwd=folder).stdout


class Authority(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/refuse" or self.headers["Content-Type"] != "application/timestamp-query":
            self.send_error(400)
            return
        first.append(stamp(query))
        reply = {"/replay": first[0], "/garbage": b"\x30\x03\x02\x01\x05"}.get(self.path, first[-1])
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Authority)
with open(os.path.join(folder, "port.new"), "w", encoding="ascii") as file:
    file.write(str(server.server_port))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
