import { setTimeout } from 'node:timers/promises';
import { retryAfter } from './problem.js';

/** A wait longer than this is the caller's to decide about: the answer is returned, and `Problem.retryAfter` has the seconds. */
const LONGEST_WAIT_SECONDS = 10;
const TEMPORARY = [429, 500, 502, 503, 504];

/**
 * A `fetch` that repeats a request after a lost or a temporary answer, up to `retries` times, if repeating it is safe: a GET, a
 * request with an `Idempotency-Key`, and `introspect`, which only reads. A login is never repeated.
 */
export function retrying(retries: number, timeoutSeconds: number): (request: Request) => Promise<Response> {
  return async (request) => {
    const repeatable =
      request.method === 'GET' || request.headers.has('idempotency-key') || new URL(request.url).pathname.endsWith('/introspect');
    for (let attempt = 0; ; attempt += 1) {
      const last = !repeatable || attempt === retries;
      let wait = 0.1 * 2 ** attempt * (1 + Math.random());
      try {
        const response = await whole(request.clone(), timeoutSeconds * 1000);
        wait = retryAfter(response) ?? wait;
        if (last || !TEMPORARY.includes(response.status) || wait > LONGEST_WAIT_SECONDS) return response;
      } catch (error) {
        if (last || request.signal.aborted) throw error;
      }
      await setTimeout(wait * 1000);
    }
  };
}

/**
 * The answer with its body. Not by `AbortSignal.any` and `AbortSignal.timeout`: Node.js 20 can collect such a signal before it fires,
 * and the request would wait for ever.
 */
async function whole(request: Request, timeoutMs: number): Promise<Response> {
  const controller = new AbortController();
  const timer = globalThis.setTimeout(() => controller.abort(new DOMException('Latchkey did not answer in time', 'TimeoutError')), timeoutMs);
  const abort = () => controller.abort(request.signal.reason);
  request.signal.addEventListener('abort', abort);
  try {
    // A redirection would take the API key along.
    const response = await fetch(request, { signal: controller.signal, redirect: 'manual' });
    const body = await response.arrayBuffer();
    return new Response(body.byteLength > 0 ? body : null, response);
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener('abort', abort);
  }
}
