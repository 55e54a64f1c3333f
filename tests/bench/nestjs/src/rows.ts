// Rows as the console's API shows them: the answers of all three are the same, byte for byte but for the order of keys.

export type Row = Record<string, unknown>;

export interface Store {
  /** The newest entries of the audit log, one more than fits the page. */
  entries(before: number | undefined, most: number): Promise<Row[]>;
  /** Notes in one transaction, with a row in the audit log, who looks after an alert; null where there is none. */
  acknowledge(id: number, note: string, caller: Caller): Promise<Row | null>;
}

export interface Caller {
  id: number;
  name: string;
  session: string;
  version: number;
  address: string;
}

export function page(rows: Row[], most: number): Row {
  const entries = rows.slice(0, most);
  return { entries, next: rows.length > most ? String(entries[most - 1].id) : null };
}

/** A time as Python's isoformat() tells it; from a Date, or from MariaDB's text. */
export function told(time: unknown): string | null {
  if (time === null) return null;
  if (time instanceof Date) return `${time.toISOString().slice(0, 19)}+00:00`;
  return `${String(time).replace(' ', 'T')}+00:00`;
}

export function alert(row: Row): Row {
  const at = told(row.acknowledged_at);
  return {
    id: row.id,
    revision: row.revision,
    name: row.name,
    severity: row.severity,
    status: row.status,
    starts_at: told(row.starts_at),
    ends_at: told(row.ends_at),
    told_at: told(row.told_at),
    labels: JSON.parse(row.labels as string),
    annotations: JSON.parse(row.annotations as string),
    acknowledged: at && { at, by: row.acknowledged_by, note: row.note },
  };
}

/** The row of the audit log that goes with an acknowledgement. */
export function audited(row: Row, note: string, caller: Caller, requestId: string, at: Date): Row {
  return {
    at,
    request_id: requestId,
    user_id: caller.id,
    user_name: caller.name,
    address: caller.address,
    action: 'alerts.acknowledge',
    target: `alert:${row.id} ${row.name}`.slice(0, 128),
    detail: note.slice(0, 255),
    outcome: 'done',
    code: '',
    count: 1,
  };
}
