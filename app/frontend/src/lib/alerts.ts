/** Alerts as the API and the live connection tell them, and how the two go together. */

import { withQuery } from "./api";

export interface Alert {
  id: number;
  revision: number;
  name: string;
  severity: string;
  status: "firing" | "resolved";
  starts_at: string;
  ends_at: string | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  acknowledged: { at: string; by: string; note: string } | null;
}

/** `next`: where the following page begins, null after the last one. */
export interface AlertPage {
  alerts: Alert[];
  next: string | null;
}

/** What to show; empty for all. */
export interface AlertFilter {
  status: string;
  severity: string;
}

/** Both lists as one: of what is in both, the newer revision, whichever came later. */
export function merged(known: readonly Alert[], news: readonly Alert[]): Alert[] {
  const alerts = new Map(known.map((alert) => [alert.id, alert]));
  for (const alert of news) {
    if (alert.revision >= (alerts.get(alert.id)?.revision ?? 0)) alerts.set(alert.id, alert);
  }
  return [...alerts.values()];
}

/** Those that pass the filter, in the API's order: what fires first, then the newest first. */
export function listed(alerts: readonly Alert[], filter: AlertFilter): Alert[] {
  return alerts
    .filter((alert) => (filter.status === "" || alert.status === filter.status) && (filter.severity === "" || alert.severity === filter.severity))
    .sort((a, b) => Number(b.status === "firing") - Number(a.status === "firing") || b.id - a.id);
}

/** The address of a page of the API. */
export function pagePath(filter: AlertFilter, after: string | null): string {
  return withQuery("/api/alerts", { ...filter, after });
}

/** A link of an alert, if it is one that a browser may follow; else it is only shown. */
export function safeLink(address: string | undefined): string | null {
  return address !== undefined && /^https?:\/\/\S+$/i.test(address) ? address : null;
}

/** What somebody can have done about an alert: a job with its first values, and why. */
export interface Remedy {
  job: string;
  values: Record<string, string>;
  why: string;
}

const LONGEST_WHY = 500;

/** The job that the rule's runbook names, from an annotation such as `prune-images days=1`; null where there is none. */
export function remedy(alert: Alert): Remedy | null {
  const [job, ...words] = (alert.annotations["job"] ?? "").split(" ").filter((word) => word !== "");
  if (job === undefined || alert.status !== "firing") return null;
  const pairs = words.map((word) => /^([^=]+)=(.*)$/.exec(word));
  if (pairs.some((pair) => pair === null)) return null;
  const values = Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
  return { job, values, why: `${alert.name}: ${alert.annotations["summary"] ?? ""}`.slice(0, LONGEST_WHY) };
}
