import type { Caller } from './caller.js';
import type { Latchkey } from './latchkey.js';
import { InvalidSession } from './session.js';

/** What a route asks of its callers. A login is never let through: whoever receives one can act as its user. */
export interface Rule<Request> {
  /** The permission that the ACL must grant, in the organization of `in` or, without `in`, everywhere. */
  permission?: string;
  /** Where the request's organization comes from. For entity tokens, which need a route of their own, it must be the token's entity. */
  in?: (request: Request) => string | undefined;
  /** The kinds that the route takes; `['session']` by default. */
  kinds?: ('session' | 'api-key' | 'entity-token')[];
  /**
   * Whether Latchkey is asked at each request, and so a revocation seen at once; `{ cache: 10 }` keeps good answers for ten seconds.
   * Without it, a session is verified by the public keys. The other kinds need it.
   */
  introspect?: boolean | { cache: number };
}

export type Verdict =
  | { caller: Caller }
  | { caller?: undefined; status: 401 | 403; headers: Record<string, string>; body: { title: string; status: number } };

/** Nobody knows whether the caller is good. Frameworks answer 503, by `status`, `statusCode` or `getResponse`. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly status = 503;
  readonly statusCode = 503;

  getResponse(): Response {
    return Response.json({ title: 'Service Unavailable', status: 503 }, { status: 503 });
  }
}

const INVALID = 'Bearer error="invalid_token"';
const KINDS = ['session', 'api-key', 'entity-token'];
/** Latchkey makes no other credential. */
const CREDENTIAL = /^[!-~]{1,16384}$/;

/** Decides about requests by `rule`, for any framework. Throws {@link Unavailable}. */
export function guard<Request>(latchkey: Latchkey, rule: Rule<Request>) {
  const { permission, in: organizationOf, kinds = ['session'], introspect = false } = rule;
  const entities = kinds.includes('entity-token');
  if (kinds.length === 0 || !kinds.every((kind) => KINDS.includes(kind))) throw new TypeError(`\`kinds\` are some of ${KINDS}`);
  if (!introspect && kinds.some((kind) => kind !== 'session')) throw new TypeError('only sessions are verified without `introspect`');
  if (introspect && !latchkey.hasApiKey) throw new TypeError('`introspect` needs an API key: new Latchkey({ url, apiKey })');
  if (permission === '') throw new TypeError('a `permission` has a name');
  if (!permission && organizationOf && !entities) throw new TypeError('`in` needs a `permission`');
  if (entities && (permission || !organizationOf || kinds.some((kind) => kind !== 'entity-token')))
    throw new TypeError('entity tokens need `in`, no `permission` and a route of their own: they have no ACL');

  const cache = typeof introspect === 'object' ? introspect.cache : 0;
  const ask = async (token: string) => {
    if (introspect) return latchkey.introspect(token, { cache });
    return latchkey.verifySession(token).catch((error: unknown) => {
      if (error instanceof InvalidSession) return undefined;
      throw error;
    });
  };

  return async (authorization: string | undefined, request: Request): Promise<Verdict> => {
    const token = /^(?:bearer +)?(\S+)$/i.exec(authorization?.trim() ?? '')?.[1];
    if (!token) return refusal(401, 'Bearer');
    if (!CREDENTIAL.test(token)) return refusal(401, INVALID);
    const caller = await ask(token).catch((cause: unknown) => {
      throw new Unavailable('Latchkey did not answer, or refused the API key of this service', { cause });
    });
    const meant = caller?.kind !== 'session' || caller.audience === latchkey.audience;
    if (!caller || !meant || !kinds.some((kind) => kind === caller.kind)) return refusal(401, INVALID);
    const organization = organizationOf?.(request);
    const permitted = entities
      ? organization !== undefined && caller.entity === organization
      : !permission || caller.can(permission, organization);
    return permitted ? { caller } : refusal(403, 'Bearer error="insufficient_scope"');
  };
}

function refusal(status: 401 | 403, challenge: string): Verdict {
  const title = status === 401 ? 'Unauthorized' : 'Forbidden';
  return { status, headers: { 'WWW-Authenticate': challenge, 'Content-Type': 'application/problem+json' }, body: { title, status } };
}
