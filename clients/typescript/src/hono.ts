import type { Context, MiddlewareHandler } from 'hono';
import type { Caller } from './caller.js';
import { guard, type Rule } from './guard.js';
import type { Latchkey } from './latchkey.js';

/** Lets a request of Hono pass if its credential meets `rule`, and keeps the caller: `context.get('caller')`. */
export function requires(latchkey: Latchkey, rule: Rule<Context>): MiddlewareHandler<{ Variables: { caller: Caller } }> {
  const decide = guard(latchkey, rule);
  return async (context, next) => {
    const verdict = await decide(context.req.header('authorization'), context);
    if (!verdict.caller) return context.body(JSON.stringify(verdict.body), verdict.status, verdict.headers);
    context.set('caller', verdict.caller);
    await next();
  };
}
