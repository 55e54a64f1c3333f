/** What a job says while it runs: its lines, where it is, and its state, by its numbered events. */

import type { JobState } from "./jobs";
import type { Reader } from "./topics";

export type OutputEvent =
  | { n: number; kind: "state"; state: JobState; detail?: { reason?: string } }
  | { n: number; kind: "line"; text: string }
  | { n: number; kind: "task"; play: string; task: string }
  | { n: number; kind: "other" };

type Later = (draw: () => void) => unknown;

/** As often as an eye follows lines that run by; more would only keep the browser from scrolling. */
const DRAW_EVERY_MS = 100;

export class Output implements Reader<OutputEvent> {
  /** All of them; `count` says when there are more. */
  lines: string[] = [];
  count = $state(0);
  /** The first lines are missing: they are no longer kept. */
  cut = $state(false);
  play = $state("");
  task = $state("");
  /** The newest state that was told, and by which event. */
  state = $state.raw<{ state: JobState; detail: { reason?: string }; n: number } | null>(null);
  #drawing = false;

  /** `later` calls what it is given after a moment: a job may say thousands of lines until then. */
  constructor(private readonly later: Later = (draw) => setTimeout(draw, DRAW_EVERY_MS)) {}

  events = (events: OutputEvent[], first: number): void => {
    if (this.lines.length === 0 && first > 1 && !this.state) this.cut = true;
    for (const event of events) {
      if (event.kind === "line") this.lines.push(event.text);
      else if (event.kind === "state") this.state = { state: event.state, detail: event.detail ?? {}, n: event.n };
      else if (event.kind === "task") [this.play, this.task] = [event.play, event.task];
    }
    this.#draw();
  };

  reset = (): void => {
    this.lines = [];
    this.count = 0;
    this.cut = false;
    this.play = this.task = "";
    this.state = null;
  };

  /** Lines that were kept when the events were not. */
  show(lines: string[], cut: boolean): void {
    this.reset();
    this.lines = lines;
    this.count = lines.length;
    this.cut = cut;
  }

  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    this.later(() => {
      this.#drawing = false;
      this.count = this.lines.length;
    });
  }
}
