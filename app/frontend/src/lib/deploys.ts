/** What became of deployments, and what an app can go back to. */

export const VERDICTS = ["deployed", "rolled back", "failed"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** `release` is empty where site.yml applied the stack without one being named. */
export interface Deploy {
  id: string;
  stack: string;
  ended: string;
  seconds: number;
  verdict: Verdict;
  release: string;
  by: string;
  message: string;
  reason: string;
}

/** `left`: somebody went back from it since. */
export interface Release {
  name: string;
  since: string;
  by: string;
  message: string;
  left: boolean;
}

/** `earlier`: the newest first. */
export interface App {
  name: string;
  running: Release;
  earlier: Release[];
}

export interface DeployPage {
  apps: App[];
  stacks: string[];
  deploys: Deploy[];
  next: string | null;
  host: string | null;
  reported_at: string | null;
}

/** The releases that can be gone back to by name: of several under one name the host takes the newest. */
export function reachable({ earlier }: App): Release[] {
  return earlier.filter((release, place) => earlier.findIndex(({ name }) => name === release.name) === place);
}

/** As which state of a service a verdict is shown. */
export function tone(verdict: Verdict): "healthy" | "degraded" | "down" {
  return verdict === "deployed" ? "healthy" : verdict === "failed" ? "down" : "degraded";
}
