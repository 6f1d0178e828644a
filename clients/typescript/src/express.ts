import type { Request, RequestHandler } from 'express';
import type { Caller } from './caller.js';
import { guard, type Rule } from './guard.js';
import type { Latchkey } from './latchkey.js';

declare global {
  namespace Express {
    interface Request {
      /** Set behind `requires`. */
      caller?: Caller;
    }
  }
}

/** Lets a request of Express 5 pass if its credential meets `rule`, and puts the caller on it: `request.caller`. */
export function requires(latchkey: Latchkey, rule: Rule<Request<any>>): RequestHandler<any> {
  const decide = guard(latchkey, rule);
  return async (request, response, next) => {
    const verdict = await decide(request.get('authorization'), request);
    if (!verdict.caller) return void response.status(verdict.status).set(verdict.headers).send(JSON.stringify(verdict.body));
    request.caller = verdict.caller;
    next();
  };
}
