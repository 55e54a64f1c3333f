/** What the platform's reporter tells about services, and what a person wants to read from it. */

export type State = "healthy" | "degraded" | "down" | "stopped";

export interface Service {
  stack: string;
  name: string;
  image: string;
  desired: number;
  running: number;
  state: State;
  updated_at: string;
}

/** `age`: seconds since the snapshot came, null when none ever did. */
export interface Snapshot {
  services: Service[];
  host: string | null;
  reported_at: string | null;
  age: number | null;
}

/** The reporter sends one every 15 s at the latest; three missing in a row are no coincidence. */
export const STALE_AFTER_MS = 45_000;

/** The services that are not as they should be. */
export function troubledServices(services: readonly Service[]): Service[] {
  return services.filter((service) => service.state === "degraded" || service.state === "down");
}

/** An image reference without its registry and digest: `mariadb:11.8`. */
export function shortImage(image: string): string {
  const [reference = ""] = image.split("@", 1);
  const parts = reference.split("/");
  const first = parts[0] ?? "";
  const hasRegistry = parts.length > 1 && (first.includes(".") || first.includes(":") || first === "localhost");
  return (hasRegistry ? parts.slice(1) : parts).join("/");
}
