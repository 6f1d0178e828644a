import type { components } from './contract.js';

type CodeOf<Type> = Type extends `${string}problem:${infer Code}` ? Code : never;

/** What went wrong, for programs: the last word of a problem's `type`. docs/errors.md explains each. */
export type ProblemCode = CodeOf<components['schemas']['ProblemType']>;

/** An answer of Latchkey that is an error, as RFC 9457 has it. What its gateway answers by itself has no `code`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code?: ProblemCode;
  readonly type?: string;
  /** The id of the request, which Latchkey's log has too. */
  readonly instance?: string;
  readonly invalidFields: { field: string; message: string }[];
  /** Seconds to wait before another attempt. */
  readonly retryAfter?: number;

  constructor(response: Response, body: unknown) {
    const fields = (typeof body === 'object' && body !== null ? body : {}) as Partial<components['schemas']['Problem']>;
    super(fields.detail ?? fields.title ?? `Latchkey answered ${response.status}`);
    this.status = response.status;
    this.type = fields.type;
    this.code = fields.type?.split(/[:#/]/).at(-1) as ProblemCode | undefined;
    this.instance = fields.instance;
    this.invalidFields = fields.invalidFields ?? [];
    this.retryAfter = retryAfter(response);
  }
}

/** `Retry-After` in seconds. Latchkey and API Gateway send no dates. */
export function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return seconds >= 0 ? seconds : undefined;
}

/** The body of a success. Throws a {@link Problem} for any other answer. */
export function answerOf<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (!response.ok) throw new Problem(response, error);
  return data as T;
}
