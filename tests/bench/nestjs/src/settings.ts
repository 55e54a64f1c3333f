// What the benchmark gives by environment.
function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

export const PORT = Number(given('PORT'));
export const SECRET = given('SECRET');
export const DATABASE_URL = given('DATABASE_URL');
export const REDIS_URL = given('REDIS_URL');
export const PREFIX = given('REDIS_PREFIX');
export const POOL = 10; // as many connections as the console has at most
