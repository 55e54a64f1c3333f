// As fast as it goes without leaving NestJS: statements by hand on a pool of mysql2, a prepared key, checks by hand.
import { createSecretKey, randomUUID } from 'node:crypto';
import { BadRequestException, ConflictException, type PipeTransform } from '@nestjs/common';
import jsonwebtoken from 'jsonwebtoken';
import mysql, { type Pool, type RowDataPacket } from 'mysql2/promise';
import { type Caller, type Row, type Store, audited, told } from './rows.js';
import { DATABASE_URL, POOL, SECRET } from './settings.js';

const COLUMNS = 'id, at, request_id, user_id, user_name, address, action, target, detail, outcome, code, count';
const NEWEST = `SELECT ${COLUMNS} FROM audit ORDER BY id DESC LIMIT ?`;
const BEFORE = `SELECT ${COLUMNS} FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?`;
const LOCK = 'SELECT * FROM alerts WHERE id = ? FOR UPDATE';
const UPDATE =
  'UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?, note = ?, revision = revision + 1 WHERE id = ?';
const INSERT = `INSERT INTO audit (${COLUMNS.slice(4)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

class TunedStore implements Store {
  constructor(private readonly pool: Pool) {}

  async entries(before: number | undefined, most: number): Promise<Row[]> {
    const [rows] =
      before === undefined
        ? await this.pool.query<RowDataPacket[]>(NEWEST, [most])
        : await this.pool.query<RowDataPacket[]>(BEFORE, [before, most]);
    for (const row of rows) row.at = told(row.at);
    return rows;
  }

  async acknowledge(id: number, note: string, caller: Caller): Promise<Row | null> {
    const connection = await this.pool.getConnection();
    try {
      await connection.beginTransaction();
      const [[row]] = await connection.query<RowDataPacket[]>(LOCK, [id]);
      if (row === undefined) {
        await connection.rollback();
        return null;
      }
      if (row.status !== 'firing') throw new ConflictException('alert-resolved');
      const now = new Date();
      await connection.query(UPDATE, [now, caller.name, note, id]);
      await connection.query(INSERT, Object.values(audited(row, note, caller, randomUUID(), now)));
      await connection.commit();
      return { ...row, acknowledged_at: now, acknowledged_by: caller.name, note, revision: row.revision + 1 };
    } catch (error) {
      await connection.rollback();
      throw error;
    } finally {
      connection.release();
    }
  }
}

export async function store(): Promise<Store> {
  return new TunedStore(
    mysql.createPool({ uri: DATABASE_URL, connectionLimit: POOL, dateStrings: true, timezone: 'Z' }),
  );
}

const key = createSecretKey(Buffer.from(SECRET));

export const verify = (token: string): Row =>
  jsonwebtoken.verify(token, key, { algorithms: ['HS256'], audience: 'console' }) as Row;

export const validation: PipeTransform = {
  transform(body: unknown) {
    const note = (body as Row | undefined)?.note;
    if (typeof note !== 'string' || note.length < 1 || note.length > 500) {
      throw new BadRequestException('note');
    }
    return { note };
  },
};
