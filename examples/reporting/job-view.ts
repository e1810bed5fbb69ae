import type { ReportingJob, ReportRow, ResultRow } from './models.ts';
import { reports } from './reports.ts';

/** A job as clients see it. */
export interface JobView {
  readonly id: number;
  readonly kind: string;
  readonly parameters: object;
  readonly status: ReportingJob['status'];
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly error: string | null;
  /** Null until the job is done. */
  readonly result: ResultView | null;
}

export interface ResultView {
  readonly rowCount: number;
  /** Where to read all rows. */
  readonly stream: string;
  readonly chart: { readonly label: string; readonly value: string } | null;
  /** The first rows; left out in lists. */
  readonly rows?: readonly ResultRow[];
}

export function viewOf(job: ReportingJob, firstRows?: readonly ReportRow[]): JobView {
  const { id, kind, parameters, status, createdAt, startedAt, finishedAt, error } = job;
  const result = status === 'done' ? resultOf(job, firstRows) : null;
  return {
    id,
    kind,
    parameters,
    status,
    createdAt,
    // What a new job was not given is not there before it is read back.
    startedAt: startedAt ?? null,
    finishedAt: finishedAt ?? null,
    error: error ?? null,
    result,
  };
}

function resultOf({ id, kind, rowCount }: ReportingJob, firstRows: readonly ReportRow[] | undefined): ResultView {
  return {
    rowCount: rowCount ?? 0,
    stream: `/jobs/${id}/stream`,
    chart: reports.get(kind)?.chart ?? null,
    ...(firstRows === undefined ? {} : { rows: firstRows.map(({ content }) => content) }),
  };
}
