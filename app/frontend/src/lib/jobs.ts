/** Jobs as the API and the live connection tell them: what can be run on the host, and what became of it. */

export const RUNNING = ["requested", "queued", "running"] as const;
export const FINISHED = ["succeeded", "failed", "cancelled", "timed_out", "lost", "refused"] as const;
export type JobState = (typeof RUNNING)[number] | (typeof FINISHED)[number];

export type Value = string | number;

export interface Job {
  id: string;
  name: string;
  parameters: Record<string, Value>;
  by: { user: string; role: string };
  why: string;
  state: JobState;
  detail: { reason?: string };
  requested_at: string;
  started_at: string | null;
  finished_at: string | null;
  play: string;
  task: string;
  cancel_asked: boolean;
  /** Of two versions of a job the one with the higher number of its newest event counts, of the same number the higher revision. */
  last: number;
  revision: number;
}

export interface Parameter {
  title: string;
  type: "string" | "integer" | "choice";
  pattern: string | null;
  choices: string[] | null;
  minimum: number | null;
  maximum: number | null;
  required: boolean;
  default: Value | null;
}

export interface Definition {
  name: string;
  title: string;
  description: string;
  roles: string[];
  /** Whether this user may run it. */
  allowed: boolean;
  confirm: "none" | "typed";
  timeout_s: number;
  parameters: Record<string, Parameter>;
}

/** The host's half, which runs the jobs. Never seen: `seen_at` null. */
export interface Runner {
  connected: boolean;
  reachable: boolean;
  host: string | null;
  seen_at: string | null;
}

export type JobsEvent = { kind: "job"; job: Job } | { kind: "runner"; runner: Runner } | { kind: "definitions" };

/** For how long the runner may be away before that is said, as the console does. */
const UNREACHABLE_AFTER_MS = 30_000;

export function finished(state: JobState): boolean {
  return (FINISHED as readonly string[]).includes(state);
}

/** Whether nothing can be known of unfinished jobs for now. */
export function unreachable(runner: Runner, now: number): boolean {
  if (runner.connected) return false;
  return runner.seen_at === null || now - Date.parse(runner.seen_at) > UNREACHABLE_AFTER_MS;
}

function older(one: Job, other: Job | undefined): boolean {
  return other !== undefined && (one.last - other.last || one.revision - other.revision) < 0;
}

/** Both lists as one, the newest first: of what is in both, the version with more events, or the later one. */
export function merged(known: readonly Job[], news: readonly Job[]): Job[] {
  const jobs = new Map(known.map((job) => [job.id, job]));
  for (const job of news) {
    if (!older(job, jobs.get(job.id))) jobs.set(job.id, job);
  }
  return [...jobs.values()].sort((a, b) => Date.parse(b.requested_at) - Date.parse(a.requested_at) || (a.id < b.id ? 1 : -1));
}

/** Seconds from start to end, or until now; null for what has not begun. */
export function lasted(job: Job, now: number): number | null {
  if (job.started_at === null) return null;
  const end = job.finished_at === null ? now : Date.parse(job.finished_at);
  return Math.max(0, Math.round((end - Date.parse(job.started_at)) / 1000));
}

/** What a form begins with. */
export function initial(parameters: Record<string, Parameter>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { default: value, type, choices, required }]) => [
      name,
      String(value ?? (type === "choice" && required ? (choices?.[0] ?? "") : "")),
    ]),
  );
}

/** What is sent: numbers as numbers, and nothing for what was left empty. */
export function typed(parameters: Record<string, Parameter>, entered: Record<string, string>): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const [name, { type }] of Object.entries(parameters)) {
    const value = (entered[name] ?? "").trim();
    if (value !== "") values[name] = type === "integer" ? Number(value) : value;
  }
  return values;
}

/** What a field accepts, as an `input` element takes it. */
export function constraints(parameter: Parameter): Record<string, string | number | boolean | undefined> {
  const shared = { required: parameter.required };
  if (parameter.type === "integer")
    return { ...shared, type: "number", step: 1, min: parameter.minimum ?? undefined, max: parameter.maximum ?? undefined };
  return { ...shared, type: "text", maxlength: 500, title: parameter.pattern ?? undefined };
}

/** Whether the API would refuse the text for its pattern. Not the field's attribute: that takes fewer expressions. */
export function mismatched({ pattern }: Parameter, text: string): boolean {
  if (!pattern || text.trim() === "") return false;
  try {
    return !new RegExp(`^(?:${pattern})$`, "u").test(text.trim());
  } catch {
    return false; // an expression of another dialect: the API decides
  }
}

/** Whether a form could begin with these values: each is of a parameter, and of its form. */
export function fits(parameters: Record<string, Parameter>, values: Record<string, string>): boolean {
  return Object.entries(values).every(([name, value]) => {
    const parameter = parameters[name];
    return parameter !== undefined && !mismatched(parameter, value);
  });
}

/** As which state of a service it is shown. */
export function tone(state: JobState): "healthy" | "degraded" | "down" | "stopped" | "busy" {
  if (state === "succeeded") return "healthy";
  if (state === "refused") return "degraded";
  if (state === "failed" || state === "timed_out" || state === "lost") return "down";
  return state === "running" ? "busy" : "stopped";
}
