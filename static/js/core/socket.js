// The socket itself. `heard`: onOpen(), onEntry(entry), onLost("lost" | "poll"); after "poll" it stays
// shut: the server is above its cap, or the rights of this page have ended.
import { io } from "socket.io-client";

export function openSocket({ onOpen, onEntry, onLost }) {
  const socket = io({ transports: ["websocket"] });
  let isOver = false;
  const lose = (isForGood) => {
    isOver ||= isForGood;
    if (isForGood) socket.disconnect();
    onLost(isOver ? "poll" : "lost");
  };
  socket.on("connect", onOpen);
  socket.on("entry", onEntry);
  socket.on("connect_error", (fault) => lose(fault.data?.use === "poll"));
  socket.on("disconnect", (reason) => lose(reason === "io server disconnect"));
  return {
    watch: (topic, after) => socket.emitWithAck("watch", { topic, after }),
    leave: (topic) => socket.emit("leave", { topic }),
  };
}
