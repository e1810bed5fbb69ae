/** What a client did wrong, and the status that says so. */
export class RequestError extends Error {
  readonly statusCode: number;
  readonly code: string;

  private constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.name = 'RequestError';
    this.statusCode = statusCode;
    this.code = code;
  }

  static badRequest(message: string): RequestError {
    return new RequestError(400, 'BAD_REQUEST', message);
  }

  static notFound(message: string): RequestError {
    return new RequestError(404, 'NOT_FOUND', message);
  }

  static conflict(message: string): RequestError {
    return new RequestError(409, 'CONFLICT', message);
  }
}
