/** The audit log. */

import { withQuery } from "./api";
import { withZone } from "./time";

export interface Entry {
  id: number;
  at: string;
  user_name: string;
  address: string;
  action: string;
  target: string;
  detail: string;
  outcome: "done" | "refused";
  code: string;
  count: number;
}

/** `next`: where the following page begins, null after the last one. */
export interface EntryPage {
  entries: Entry[];
  next: string | null;
}

/** As typed: empty for no filter, times without a zone. */
export interface EntryFilter {
  user: string;
  action: string;
  outcome: string;
  since: string;
  until: string;
}

/** The address of a page of the API. */
export function entriesPath(filter: EntryFilter, before: string | null): string {
  const { user, action, outcome, since, until } = filter;
  const times = { since: withZone(since), until: withZone(until) };
  return withQuery("/api/audit", { user: user.trim(), action: action.trim(), outcome, ...times, before });
}
