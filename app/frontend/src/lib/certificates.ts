/** Until when the certificates that visitors are shown are good. */

export type CertificateState = "good" | "soon" | "very-soon" | "unknown";

/** `expires_at` is null where none was seen. */
export interface Certificate {
  domain: string;
  state: CertificateState;
  expires_at: string | null;
  routes: { url: string; service: string | null }[];
}

export const TONES = { good: "healthy", soon: "degraded", "very-soon": "down", unknown: "stopped" } as const;

/** How many whole days are left; below zero for one that has ended, null for none. */
export function daysLeft({ expires_at }: Certificate, now: number): number | null {
  return expires_at === null ? null : Math.floor((Date.parse(expires_at) - now) / 86_400_000);
}
