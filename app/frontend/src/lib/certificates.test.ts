import { expect, it } from "vitest";
import { type Certificate, daysLeft } from "./certificates";

const NOW = Date.parse("2026-01-01T00:00:00Z");

// If this failed, a certificate that has ended would look as if it had not.
it.each([
  ["2026-01-22T00:00:00Z", 21],
  ["2026-01-21T23:59:59Z", 20],
  ["2025-12-31T23:59:59Z", -1],
  [null, null],
])("a certificate that ends at %s has %s days left", (expires_at, left) =>
  expect(daysLeft({ expires_at } as Certificate, NOW)).toBe(left),
);
