/** An answer of the API that is not a success. `message` is the API's own text. */
export class RingpostError extends Error {
  override readonly name = 'RingpostError';

  constructor(
    message: string,
    /** The HTTP status. */
    readonly status: number,
    /** The path of the wrong field or parameter, where the API names one. */
    readonly field: string | undefined,
    /** The whole answer: parsed JSON, or text where it is not JSON. */
    readonly body: unknown,
  ) {
    super(message);
  }
}

/** What openapi-fetch returns for a request. */
interface Result<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws a RingpostError for any status but 2xx. */
export function dataOf<Data>({ data, error, response }: Result<Data>): Data {
  if (response.ok) return data as Data;
  const { error: title, message } = fieldsOf(error);
  throw errorOf(response, error, title || message || `HTTP ${response.status}`);
}

/** As `dataOf`, with the rule of the Call Outcomes document: the text is the body's `error`, or else `fallback`. */
export function outcomeOf<Data>({ data, error, response }: Result<Data>, fallback: string): Data {
  if (response.ok) return data as Data;
  throw errorOf(response, error, fieldsOf(error).error || fallback);
}

function errorOf(response: Response, body: unknown, message: string): RingpostError {
  return new RingpostError(message, response.status, fieldsOf(body).field, body);
}

function fieldsOf(body: unknown): { error?: string; message?: string; field?: string } {
  return typeof body === 'object' && body !== null ? body : {};
}
