/** The people who may sign in. */

export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface Account {
  id: number;
  name: string;
  role: Role;
  disabled: boolean;
  second_factor: boolean;
  last_sign_in_at: string | null;
}

export interface AccountPage {
  users: Account[];
  next: string | null;
}

/** The list with `changed` in the place of the one of the same id. */
export function replaced(accounts: readonly Account[], changed: Account): Account[] {
  return accounts.map((account) => (account.id === changed.id ? changed : account));
}
