// node dist/main.js stock|tuned: NestJS on Express, or on Fastify.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { http } from './http.js';
import { PORT, REDIS_URL } from './settings.js';

const tuned = process.argv[2] === 'tuned';
const { store, verify, validation } = tuned ? await import('./tuned.js') : await import('./stock.js');
const redis = new Redis(REDIS_URL, { enableAutoPipelining: tuned });
const root = http(await store(), verify, validation, redis);
const logger = ['error', 'warn'] as const;
if (tuned) {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  const app = await NestFactory.create(root, new FastifyAdapter(), { logger: [...logger] });
  await app.listen(PORT, '127.0.0.1');
} else {
  const app = await NestFactory.create(root, { logger: [...logger] });
  await app.listen(PORT, '127.0.0.1');
}
