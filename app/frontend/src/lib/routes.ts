/** Which page is shown: what the address says after its `#/`, if the user may see it. */

export const PAGES = [
  { name: "services", permission: "services:read" },
  { name: "alerts", permission: "alerts:read" },
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
  return allowed.find((page) => hash === `#/${page}`) ?? allowed[0];
}
