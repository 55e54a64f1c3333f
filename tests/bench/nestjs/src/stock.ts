// As the documentation of NestJS does it: TypeORM's entities and transactions, class-validator, a secret that is text.
import { randomUUID } from 'node:crypto';
import { ConflictException, ValidationPipe } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { IsString, Length } from 'class-validator';
import { Column, DataSource, Entity, LessThan, PrimaryGeneratedColumn } from 'typeorm';
import { type Caller, type Row, type Store, audited, told } from './rows.js';
import { DATABASE_URL, POOL, SECRET } from './settings.js';

@Entity('audit')
class Audit {
  @PrimaryGeneratedColumn({ type: 'bigint' }) id: number;
  @Column('datetime') at: Date;
  @Column() request_id: string;
  @Column('bigint') user_id: number;
  @Column() user_name: string;
  @Column() address: string;
  @Column() action: string;
  @Column() target: string;
  @Column() detail: string;
  @Column() outcome: string;
  @Column() code: string;
  @Column('int') count: number;
}

@Entity('alerts')
class Alert {
  @PrimaryGeneratedColumn({ type: 'bigint' }) id: number;
  @Column() fingerprint: string;
  @Column('datetime') starts_at: Date;
  @Column('datetime', { nullable: true }) ends_at: Date | null;
  @Column('datetime') told_at: Date;
  @Column() status: string;
  @Column() name: string;
  @Column() severity: string;
  @Column('text') labels: string;
  @Column('text') annotations: string;
  @Column('datetime', { nullable: true }) acknowledged_at: Date | null;
  @Column() acknowledged_by: string;
  @Column() note: string;
  @Column('int') revision: number;
}

export class Acknowledgement {
  @IsString()
  @Length(1, 500)
  note: string;
}

class StockStore implements Store {
  constructor(private readonly source: DataSource) {}

  async entries(before: number | undefined, most: number): Promise<Row[]> {
    const where = before === undefined ? {} : { id: LessThan(before) };
    const rows = await this.source.getRepository(Audit).find({ where, order: { id: 'DESC' }, take: most });
    return rows.map((row) => ({ ...row, id: Number(row.id), user_id: Number(row.user_id), at: told(row.at) }));
  }

  acknowledge(id: number, note: string, caller: Caller): Promise<Row | null> {
    return this.source.transaction(async (manager) => {
      const row = await manager.findOne(Alert, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (row === null) return null;
      if (row.status !== 'firing') throw new ConflictException('alert-resolved');
      const now = new Date();
      Object.assign(row, { acknowledged_at: now, acknowledged_by: caller.name, note, revision: row.revision + 1 });
      await manager.save(row);
      await manager.insert(Audit, audited({ ...row }, note, caller, randomUUID(), now));
      return { ...row, id: Number(row.id) };
    });
  }
}

export async function store(): Promise<Store> {
  const source = new DataSource({
    type: 'mysql',
    url: DATABASE_URL,
    entities: [Audit, Alert],
    timezone: 'Z',
    poolSize: POOL,
  });
  return new StockStore(await source.initialize());
}

const tokens = new JwtService({ secret: SECRET });

export const verify = (token: string): Promise<Row> => tokens.verifyAsync(token, { audience: 'console' });

export const validation = new ValidationPipe({ transform: true, whitelist: true, expectedType: Acknowledgement });
