// What stands before a route: who (401), how often (429). `Session` is the console's promise that a session which was
// ended counts no longer at once; NestJS's documentation has nothing like it.
import { HttpException, Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Caller, Row } from './rows.js';
import { PREFIX } from './settings.js';

export const VERIFY = Symbol('verify');
export const REDIS = Symbol('redis');
export type Verify = (token: string) => Promise<Row> | Row;

const LIMIT = 600; // a minute, for a user, as the console's
const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], 60000) end
return count`;

interface Counting extends Redis {
  countOne(key: string): Promise<number>;
}

@Injectable()
export class Jwt implements CanActivate {
  constructor(@Inject(VERIFY) private readonly verify: Verify) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest();
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme !== 'Bearer' || !token) throw new UnauthorizedException();
    request.caller = await callerOf(this.verify, token, request.ip);
    return true;
  }
}

/** Who a token names. Throws UnauthorizedException. */
export async function callerOf(verify: Verify, token: string, address: string): Promise<Caller> {
  try {
    const claims = await verify(token);
    const version = Number(claims.ver);
    return { id: Number(claims.sub), name: String(claims.name), session: String(claims.sid), version, address };
  } catch {
    throw new UnauthorizedException();
  }
}

/** Whether the session goes on and the user's rights are those of the token. */
export async function goesOn(redis: Redis, caller: Caller): Promise<boolean> {
  const [ended, version] = await redis.mget(`${PREFIX}revoked:${caller.session}`, `${PREFIX}version:${caller.id}`);
  return ended === null && (version === null || caller.version >= Number(version));
}

@Injectable()
export class Session implements CanActivate {
  constructor(@Inject(REDIS) private readonly redis: Redis) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const caller: Caller = context.switchToHttp().getRequest().caller;
    if (!(await goesOn(this.redis, caller))) throw new UnauthorizedException();
    return true;
  }
}

@Injectable()
export class Limit implements CanActivate {
  constructor(@Inject(REDIS) private readonly redis: Redis) {
    redis.defineCommand('countOne', { numberOfKeys: 1, lua: COUNT });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const caller: Caller = context.switchToHttp().getRequest().caller;
    const count = await (this.redis as Counting).countOne(`${PREFIX}limit:${caller.id}`);
    if (count > LIMIT) throw new HttpException('Too many requests', 429);
    return true;
  }
}
