/** Whether all is well, from what the other pages show in full. */

import type { Job } from "./jobs";
import { finished, tone } from "./jobs";

/** Of each job's name the last one that has ended: it says whether that works now. */
export function lastOfEach(jobs: readonly Job[]): Job[] {
  const last = new Map<string, Job>();
  for (const job of jobs) {
    if (finished(job.state) && !last.has(job.name)) last.set(job.name, job); // the newest comes first
  }
  return [...last.values()];
}

/** Those of them that did not end as they should: what somebody cancelled or was refused is no fault. */
export function failing(jobs: readonly Job[]): Job[] {
  return lastOfEach(jobs).filter((job) => tone(job.state) === "down");
}

/** What is known of each area: how much of it wants a look, null while it is not known. */
export type Verdict = "unknown" | "well" | "trouble";

/** One word for all: trouble anywhere counts, and "well" is only said once all is known. */
export function verdict(areas: readonly (number | null)[]): Verdict {
  if (areas.some((count) => count !== null && count > 0)) return "trouble";
  return areas.includes(null) ? "unknown" : "well";
}
