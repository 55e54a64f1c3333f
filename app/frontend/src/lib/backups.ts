/** How backups and restore drills went. */

/** `stored`: bytes that were new there; 0 where that is not measured, as of a copy. */
export interface Target {
  name: string;
  good: boolean;
  stored: number;
  problems: string[];
}

/** One backup; `partial` ones hold what a restore was about to replace. `proven`: the newest good drill that restored it. */
export interface Run {
  id: string;
  run: string;
  started: string;
  seconds: number;
  good: boolean;
  partial: boolean;
  bytes: number;
  targets: Target[];
  proven: { at: string; target: string } | null;
}

/** The seconds of a restore, and of what would have been lost, count for a good one. */
export interface Drill {
  target: string;
  run: string;
  good: boolean;
  started: string;
  finished: string;
  rto_seconds: number;
  rpo_seconds: number;
  problems: string[];
}

export interface BackupPage {
  runs: Run[];
  drills: Drill[];
  next: string | null;
  host: string | null;
  reported_at: string | null;
}

export type Outcome = "complete" | "partial" | "failed";

/** What became of a run, in a word. */
export function outcome({ good, partial }: Run): Outcome {
  if (!good) return "failed";
  return partial ? "partial" : "complete";
}

export const TONES = { complete: "healthy", partial: "stopped", failed: "down" } as const;

/** The newest backup of everything without a failure, of those that are shown newest first. */
export function newestComplete(runs: readonly Run[]): Run | undefined {
  return runs.find((run) => outcome(run) === "complete");
}

/** Whether somebody should look: the last run of everything, or the last drill, did not go well. */
export function troubled(runs: readonly Run[], drills: readonly Drill[]): boolean {
  return runs.find((run) => !run.partial)?.good === false || drills[0]?.good === false;
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** A number of bytes for people, in the given language: "1.4 GB". */
export function size(bytes: number, language: string): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const format = { style: "unit", unit: UNITS[power], unitDisplay: "short", maximumFractionDigits: power > 0 ? 1 : 0 } as const;
  return new Intl.NumberFormat(language, format).format(bytes / 1000 ** power);
}
