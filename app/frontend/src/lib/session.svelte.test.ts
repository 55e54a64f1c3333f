import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "./api";
import { session } from "./session.svelte";

const USER = { name: "ann", role: "admin", permissions: ["users:write"] };
const ACCESS = { access_token: "token", expires_in: 300, user: USER };

/** What was asked for, and what is answered to that: the last answer again and again. */
let asked: { what: string; body: unknown; key: string | null }[];
let answers: Record<string, [status: number, document: object | null][]>;

function answer(path: string, init: RequestInit): Promise<Response> {
  const what = `${init.method} ${path}`;
  asked.push({ what, body: JSON.parse(String(init.body ?? "null")), key: new Headers(init.headers).get("idempotency-key") });
  const [status, document] = (answers[what]!.length > 1 ? answers[what]!.shift() : answers[what]![0])!;
  return Promise.resolve(new Response(document && JSON.stringify(document), { status }));
}

const refused = (code: string, status = 403): [number, object] => [status, { code }];
const times = (what: string): number => asked.filter((one) => one.what === what).length;
const until = (condition: () => boolean): Promise<void> => vi.waitFor(() => expect(condition()).toBe(true));
const code = (call: Promise<unknown>): Promise<string> => call.then(() => "done", (error: ApiError) => error.code);

beforeEach(async () => {
  asked = [];
  answers = {
    "POST /api/auth/sign-in": [[200, ACCESS]],
    "POST /api/auth/confirm": [[204, null]],
    "POST /api/jobs": [refused("confirm-identity"), [202, { job: "1" }]],
  };
  vi.stubGlobal("fetch", answer);
  await session.signIn("ann", "secret");
});

afterEach(() => session.over());

describe("a call that wants the user to confirm that it is them", () => {
  // If these failed, people would have to sign in again to do what matters, or a job would be started twice.
  it("is repeated by itself, as it was", async () => {
    const call = session.call("POST", "/api/jobs", { name: "restore-app" }, "the-key");
    await until(() => session.confirmation.asked);
    await session.confirm("secret", "123456");
    expect(await call).toEqual({ job: "1" });
    expect(session.confirmation.asked).toBe(false);
    const sent = { what: "POST /api/jobs", body: { name: "restore-app" }, key: "the-key" };
    expect(asked.slice(1)).toEqual([sent, { what: "POST /api/auth/confirm", body: { password: "secret", code: "123456" }, key: null }, sent]);
  });

  it("shares the question with others, and asks anew another time", async () => {
    answers["PATCH /api/users/2"] = [refused("confirm-identity"), [200, {}]];
    const calls = [session.call("POST", "/api/jobs"), session.call("PATCH", "/api/users/2")];
    await until(() => times("POST /api/jobs") + times("PATCH /api/users/2") === 2);
    await until(() => session.confirmation.asked);
    await session.confirm("secret");
    await Promise.all(calls);
    expect(times("POST /api/auth/confirm")).toBe(1);
    answers["POST /api/jobs"] = [refused("confirm-identity")];
    const later = code(session.call("POST", "/api/jobs"));
    await until(() => session.confirmation.asked);
    session.confirmation.settle(false);
    expect(await later).toBe("confirm-identity");
  });

  it("is refused when the user would rather not, and not sent again", async () => {
    const call = code(session.call("POST", "/api/jobs"));
    await until(() => session.confirmation.asked);
    session.confirmation.settle(false);
    expect([await call, session.confirmation.asked, times("POST /api/jobs")]).toEqual(["confirm-identity", false, 1]);
  });

  it.each(["wrong-password", "code-required", "wrong-code"])("waits on while the proof is refused: %s", async (why) => {
    answers["POST /api/auth/confirm"] = [refused(why), [204, null]];
    const call = code(session.call("POST", "/api/jobs"));
    await until(() => session.confirmation.asked);
    expect([await code(session.confirm("guess")), session.confirmation.asked, session.user]).toEqual([why, true, USER]);
    await session.confirm("secret");
    expect(await call).toBe("done");
  });

  it("asks once only", async () => {
    answers["POST /api/jobs"] = [refused("confirm-identity")];
    const call = code(session.call("POST", "/api/jobs"));
    await until(() => session.confirmation.asked);
    await session.confirm("secret");
    expect([await call, session.confirmation.asked, times("POST /api/jobs")]).toEqual(["confirm-identity", false, 2]);
  });

  it("ends with the session", async () => {
    answers["POST /api/auth/confirm"] = [refused("signed-out", 401)];
    const call = code(session.call("POST", "/api/jobs"));
    await until(() => session.confirmation.asked);
    expect(await code(session.confirm("secret"))).toBe("signed-out");
    expect([await call, session.confirmation.asked, session.user]).toEqual(["confirm-identity", false, null]);
  });

  it("is nothing that another refusal leads to", async () => {
    answers["POST /api/jobs"] = [refused("forbidden")];
    expect([await code(session.call("POST", "/api/jobs")), session.confirmation.asked]).toEqual(["forbidden", false]);
  });
});
