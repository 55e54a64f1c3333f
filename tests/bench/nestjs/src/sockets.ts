// socket.io on its own, with the console's chain at the connection. POST /broadcast sends its body to every socket in
// room `alerts`; with SHARED=1 to those of other processes, too, by way of Redis: with the sharded adapter, since the
// console's user of Redis may not subscribe to patterns, as the older one does.
import { createServer } from 'node:http';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { callerOf, goesOn } from './chain.js';
import { PORT, PREFIX, REDIS_URL } from './settings.js';
import { verify } from './tuned.js';

const redis = new Redis(REDIS_URL);
const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    let body = '';
    for await (const piece of request) body += piece;
    io.to('alerts').emit('alerts', JSON.parse(body));
  }
  response.end();
});
const shared = process.env.SHARED === '1';
const options = { channelPrefix: `${PREFIX}socket.io` };
const io = new Server(
  server,
  shared ? { adapter: createShardedAdapter(redis.duplicate(), redis.duplicate(), options) } : {},
);
io.use(async (socket, next) => {
  try {
    const caller = await callerOf(verify, socket.handshake.auth.token, socket.handshake.address);
    if (!(await goesOn(redis, caller))) throw new Error('signed-out');
    next();
  } catch (error) {
    next(error as Error);
  }
});
io.on('connection', (socket) => {
  void socket.join(['services', 'alerts', 'deploys', 'backups']);
});
server.listen(PORT, '127.0.0.1', 4096);
