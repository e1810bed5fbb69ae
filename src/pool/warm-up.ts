/** Somebody who wants so many connections to be there, without having one. */
export interface WarmUp {
  readonly count: number;
  /** So many are there. */
  resolve(): void;
  /** No more will come. */
  reject(error: unknown): void;
}
