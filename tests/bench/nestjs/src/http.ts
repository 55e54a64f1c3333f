// The endpoints, the same for both anchors. Below /api as the names of the endpoints say; below /whole with all that the
// console asks before a route: the session and the limit, for every request.
import { Body, Controller, Get, HttpCode, Inject, Module, NotFoundException, Param } from '@nestjs/common';
import { ParseIntPipe, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { DynamicModule, PipeTransform } from '@nestjs/common';
import { Emitter } from '@socket.io/redis-emitter';
import type { Redis } from 'ioredis';
import { Jwt, Limit, REDIS, Session, VERIFY, type Verify } from './chain.js';
import { type Caller, type Row, type Store, alert, page } from './rows.js';
import { PREFIX } from './settings.js';

const STORE = Symbol('store');
const EMITTER = Symbol('emitter');
const OPTIONAL = new ParseIntPipe({ optional: true });

export function http(store: Store, verify: Verify, validation: PipeTransform, redis: Redis): DynamicModule {
  class Endpoints {
    constructor(
      @Inject(STORE) private readonly store: Store,
      @Inject(EMITTER) private readonly emitter: Emitter,
    ) {}

    async audit(before: number | undefined, limit = 50): Promise<Row> {
      return page(await this.store.entries(before, limit + 1), limit);
    }

    async acknowledge(id: number, said: { note: string }, request: { caller: Caller }): Promise<Row> {
      const row = await this.store.acknowledge(id, said.note, request.caller);
      if (row === null) throw new NotFoundException();
      const shown = alert(row);
      this.emitter.to('alerts').emit('alerts', { alerts: [shown] });
      return shown;
    }
  }

  @Controller('api')
  class Named extends Endpoints {
    @Get('health')
    health(): Row {
      return { status: 'ok' };
    }

    @Get('audit')
    @UseGuards(Jwt)
    override audit(@Query('before', OPTIONAL) before?: number, @Query('limit', OPTIONAL) limit?: number) {
      return super.audit(before, limit);
    }

    @Post('alerts/:id/acknowledge')
    @HttpCode(200)
    @UseGuards(Jwt, Limit)
    override acknowledge(
      @Param('id', ParseIntPipe) id: number,
      @Body(validation) said: any,
      @Req() request: any,
    ) {
      return super.acknowledge(id, said, request);
    }
  }

  @Controller('whole')
  @UseGuards(Jwt, Session, Limit)
  class Whole extends Endpoints {
    @Get('audit')
    override audit(@Query('before', OPTIONAL) before?: number, @Query('limit', OPTIONAL) limit?: number) {
      return super.audit(before, limit);
    }

    @Post('alerts/:id/acknowledge')
    @HttpCode(200)
    override acknowledge(
      @Param('id', ParseIntPipe) id: number,
      @Body(validation) said: any,
      @Req() request: any,
    ) {
      return super.acknowledge(id, said, request);
    }
  }

  @Module({})
  class Http {}

  return {
    module: Http,
    controllers: [Named, Whole],
    providers: [
      { provide: STORE, useValue: store },
      { provide: VERIFY, useValue: verify },
      { provide: REDIS, useValue: redis },
      { provide: EMITTER, useValue: new Emitter(redis, { key: `${PREFIX}socket.io` }) },
    ],
  };
}
