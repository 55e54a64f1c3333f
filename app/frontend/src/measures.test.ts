import type { Component } from "svelte";
import { render } from "svelte/server";
import { describe, expect, it, vi } from "vitest";
import type { Certificate } from "./lib/certificates";
import { i18n } from "./lib/i18n.svelte";
import Certificates from "./parts/Certificates.svelte";
import RouteTable from "./parts/RouteTable.svelte";
import Sparkline from "./parts/Sparkline.svelte";

vi.hoisted(() => vi.stubGlobal("localStorage", { getItem: () => "en", setItem: () => undefined }));

// The tests' own props; svelte-check looks at those of the pages.
const drawn = (part: unknown, props: Record<string, unknown>): string =>
  render(part as Component<Record<string, unknown>>, { props }).body.replaceAll("\u00a0", " ");

describe("a sparkline", () => {
  const props = { name: "Processor", values: [0.5, 0.1, 0.25], unit: "ratio", range: "1h", top: 1 };
  // If these failed, who does not see the graph would learn nothing from it.
  it("says in words what it shows, in either language", () => {
    expect(drawn(Sparkline, props)).toContain('aria-label="Processor: now 25%, lowest 10%, highest 50%. Last hour."');
    i18n.choose("de");
    expect(drawn(Sparkline, props)).toContain('aria-label="Processor: jetzt 25 %, niedrigster Wert 10 %, höchster 50 %. Letzte Stunde."');
    i18n.choose("en");
  });
  it("says so where nothing was measured", () => {
    const html = drawn(Sparkline, { ...props, values: [null] });
    expect([html.includes("<svg"), html.includes("nothing measured")]).toEqual([false, true]);
  });
});

describe("the public routes", () => {
  // If this failed, a route without requests would have no row, or another one's graph.
  it("have a row each, also where nobody asks for anything", () => {
    const lines = (...services: string[]): object[] => services.map((service) => ({ stack: "x", service, values: [0.5] }));
    const series = [
      { name: "route-requests", unit: "requests/s", lines: lines("shop_web", "<img src=x>") },
      { name: "route-errors", unit: "ratio", lines: lines("shop_web") },
      { name: "host-cpu", unit: "ratio", lines: [{ stack: null, service: null, values: [0.5] }] },
    ];
    const html = drawn(RouteTable, { names: ["route-requests", "route-errors"], answer: { range: "1h", series } });
    expect([...html.matchAll(/<tr data-route/g)].length).toBe(2);
    expect([...html.matchAll(/<svg/g)].length).toBe(3);
    expect([html.includes("Errors, shop_web: now 50%"), html.includes("<img")]).toEqual([true, false]);
  });
});

describe("certificates", () => {
  const ends = (days: number): string => new Date(Date.now() + (days + 0.5) * 86_400_000).toISOString();
  const certificate = (state: Certificate["state"], expires_at: string | null): Certificate => ({ domain: `${state}.test`, state, expires_at, routes: [] });
  // If this failed, a certificate that is about to end would look like any other.
  it("are coloured as the alerts judge, and told in days", () => {
    const html = drawn(Certificates, {
      certificates: [certificate("unknown", null), certificate("very-soon", ends(-2)), certificate("soon", ends(20)), certificate("good", ends(60))],
    });
    const told = [...html.matchAll(/state (\w+)[^>]*>\s*([^<]*?)\s*</g)].map((found) => [found[1], found[2]]);
    expect(told).toEqual([
      ["stopped", "unknown: no answer"],
      ["down", "has ended"],
      ["degraded", "20 days left"],
      ["healthy", "60 days left"],
    ]);
  });
});
