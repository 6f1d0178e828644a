import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';
import { guard, type Rule } from './guard.js';
import type { Latchkey } from './latchkey.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set behind `requires`. */
    caller?: Caller;
  }
}

type Incoming = FastifyRequest<{ Params: Record<string, string> }>;

/** A `preHandler` of Fastify 5: lets a request pass if its credential meets `rule`, and puts the caller on it: `request.caller`. */
export function requires(latchkey: Latchkey, rule: Rule<Incoming>) {
  const decide = guard(latchkey, rule);
  return async (request: FastifyRequest<any>, reply: FastifyReply): Promise<unknown> => {
    const verdict = await decide(request.headers.authorization, request as Incoming);
    if (!verdict.caller) return reply.code(verdict.status).headers(verdict.headers).send(JSON.stringify(verdict.body));
    request.caller = verdict.caller;
    return undefined;
  };
}
