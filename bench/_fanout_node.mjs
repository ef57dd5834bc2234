// Socket.IO's own server, on Node: what row 1 is measured against.
import http from "node:http";
import { Server } from "socket.io";

const entry = (number) => ({
  topic: "lot:TD0000000000-01",
  seq: number,
  at: "2026-01-01T00:00:00.000000Z",
  kind: "lot.moved",
  data: {
    sent: "@T" + process.hrtime.bigint().toString().padStart(19, "0"),
    bidder: "某某市政建设集团有限公司",
    price: "12,345,678.90",
    hash: "a".repeat(64),
  },
});

const server = http.createServer((request, response) => {
  const asked = new URL(request.url, "http://x");
  if (asked.pathname === "/publish") {
    publish(Number(asked.searchParams.get("events")), Number(asked.searchParams.get("rate")));
  }
  response.end("ok");
});
const sockets = new Server(server, { pingInterval: 60000, pingTimeout: 60000 });
sockets.on("connection", (watcher) => watcher.join("watch"));

function publish(events, rate) {
  const began = performance.now();
  let number = 0;
  const step = () => {
    if (number >= events) return;
    sockets.to("watch").emit("entry", entry(++number));
    if (rate) setTimeout(step, Math.max(0, began + (number * 1000) / rate - performance.now()));
    else setImmediate(step);
  };
  step();
}

server.listen(Number(process.argv[2]), "127.0.0.1", 4096);
