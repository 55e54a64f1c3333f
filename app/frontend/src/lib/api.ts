/** The API: JSON in, JSON out, errors as RFC 9457 problems. */

export interface User {
  name: string;
  role: string;
  permissions: string[];
}

export interface Access {
  access_token: string;
  expires_in: number;
  user: User;
}

/** What the API says about one field of what was sent, in English. */
export interface FieldError {
  field: string;
  message: string;
}

/** `code` is the stable name of what went wrong; `offline` when nothing answered. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly retryAfter: number | null,
    readonly fields: readonly FieldError[] = [],
  ) {
    super(code);
  }
}

interface Options {
  body?: unknown;
  token?: string;
  /** The same for each try of one action, which is then done once. */
  key?: string;
}

/** Raises ApiError. Answers without a body give null. */
export async function request(method: string, path: string, options: Options = {}): Promise<unknown> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.token) headers["authorization"] = `Bearer ${options.token}`;
  if (options.key) headers["idempotency-key"] = options.key;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
  } catch {
    throw new ApiError("offline", 0, null);
  }
  if (response.status === 204) return null;
  const document: unknown = await response.json().catch(() => null);
  if (response.ok && document !== null) return document;
  throw new ApiError(problemCode(document), response.status, seconds(response.headers.get("retry-after")), fieldErrors(document));
}

function fieldErrors(document: unknown): FieldError[] {
  const errors = (document as { errors?: unknown } | null)?.errors;
  return Array.isArray(errors) ? (errors as FieldError[]) : [];
}

function problemCode(document: unknown): string {
  const code = (document as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "unavailable";
}

function seconds(header: string | null): number | null {
  const value = Number(header);
  return header !== null && Number.isFinite(value) ? value : null;
}

/** `path` with those of `params` that say something. */
export function withQuery(path: string, params: Record<string, string | null | undefined>): string {
  const said = Object.entries(params).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return said.length > 0 ? `${path}?${new URLSearchParams(said)}` : path;
}
