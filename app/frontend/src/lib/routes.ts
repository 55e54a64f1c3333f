/** Which page is shown: what the address says after its `#/`, if the user may see it. */

export const PAGES = [
  { name: "overview", permission: "services:read" },
  { name: "services", permission: "services:read" },
  { name: "deploys", permission: "deploys:read" },
  { name: "backups", permission: "backups:read" },
  { name: "alerts", permission: "alerts:read" },
  { name: "jobs", permission: "jobs:read" },
  { name: "users", permission: "users:read" },
  { name: "audit", permission: "audit:read" },
  { name: "profile", permission: "own" },
] as const;

export type Page = (typeof PAGES)[number]["name"];

/** The pages of a user with these permissions, in the order of the navigation. */
export function pagesFor(permissions: readonly string[]): Page[] {
  return PAGES.filter((page) => permissions.includes(page.permission)).map((page) => page.name);
}

/** The page that `hash` names, or the first one for what is not there or not allowed. */
export function pageOf(hash: string, permissions: readonly string[]): Page | undefined {
  const allowed = pagesFor(permissions);
  return allowed.find((page) => page === part(hash, 1)) ?? allowed[0];
}

/** What of a page `hash` names, as the job of `#/jobs/1f`; empty for the page itself. */
export function itemOf(hash: string): string {
  return part(hash, 2);
}

function part(hash: string, number: number): string {
  return /^#\//.test(hash) ? (hash.split("/")[number] ?? "") : "";
}
