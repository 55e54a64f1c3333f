/** The live connection: Socket.IO, signed in by token, always coming back. */

import { io, type Socket } from "socket.io-client";
import type { Alert } from "./alerts";
import { session } from "./session.svelte";
import type { Snapshot } from "./services";
import { Topics, type Wire } from "./topics";

export type Connection = "connecting" | "live" | "lost";

const RETRY_MS = 2_000;
/** Shorter than the time for which the session renews its token ahead, so that the connection never outlives one. */
const RENEW_MS = 60_000;

class Live {
  connection = $state<Connection>("connecting");
  snapshot = $state.raw<Snapshot | null>(null);
  /** When the newest snapshot was made, by this machine's clock. */
  reported = $state(0);
  /** How often it has connected: what was loaded before may lack what came in between. */
  connects = $state(0);
  /** How often there was news of what the host keeps: what was loaded before is older. */
  readonly news = $state({ deploys: 0, backups: 0 });
  readonly topics = new Topics();
  #socket: Socket | null = null;
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #renewal: ReturnType<typeof setInterval> | undefined;
  #watchers = new Set<(alerts: Alert[]) => void>();

  /** Calls `watcher` with the alerts that have changed, until what it returns is called. */
  watchAlerts(watcher: (alerts: Alert[]) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Stays connected until `stop`. */
  start(): void {
    this.connection = "connecting";
    const socket = io({
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 300,
      reconnectionDelayMax: 5_000,
      auth: (answer) => {
        session.token().then(
          (token) => answer({ token }),
          () => answer({}),
        );
      },
    });
    this.#socket = socket;
    this.topics.attach(socket as Wire);
    socket.on("connect", () => {
      this.connection = "live";
      this.connects += 1;
      this.topics.connected();
    });
    socket.on("disconnect", (reason) => {
      this.connection = "lost";
      this.topics.disconnected();
      if (reason !== "io server disconnect") return;
      // The server ended it with the token, the session or a right; Socket.IO does not come back by itself then.
      session.discard();
      this.#later(RETRY_MS, () => socket.connect());
    });
    this.#renewal = setInterval(() => {
      session.token().then(
        (token) => socket.connected && socket.emit("renew", { token }),
        () => undefined, // ended: the session shows the sign-in; unreachable: tried again
      );
    }, RENEW_MS);
    socket.on("connect_error", () => {
      if (this.connection === "live") this.connection = "lost";
      if (socket.active) return;
      // Refused by the server: Socket.IO gives up then. A fresh token may help, else the session signs out.
      session.discard();
      this.#later(RETRY_MS, () => socket.connect());
    });
    socket.on("services", (snapshot: Snapshot) => {
      this.snapshot = snapshot;
      this.reported = snapshot.age === null ? 0 : Date.now() - snapshot.age * 1000;
    });
    socket.on("alerts", ({ alerts }: { alerts: Alert[] }) => {
      for (const watcher of this.#watchers) watcher(alerts);
    });
    for (const subject of ["deploys", "backups"] as const) socket.on(subject, () => (this.news[subject] += 1));
    // The server is about to be replaced: move over at a moment of our own, so that not all come at once.
    socket.on("draining", ({ after, within }: { after: number; within: number }) =>
      this.#later((after + Math.random() * within) * 1000, () => socket.io.engine.close()),
    );
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    clearInterval(this.#renewal);
    this.topics.disconnected();
    this.#socket?.disconnect();
    this.#socket = null;
    this.snapshot = null;
    this.reported = 0;
    this.connects = 0;
  }

  #later(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }
}

export const live = new Live();
