/**
 * A client of Latchkey for backends.
 *
 * ```ts
 * const latchkey = new Latchkey({ url: 'https://auth.example.org', apiKey: process.env.LATCHKEY_API_KEY });
 * const caller = await latchkey.introspect(token);
 * ```
 *
 * The middleware is in `@latchkey/client/express`, `/hono` and `/fastify`.
 */
export type { Acl, Caller, Kind, Where } from './caller.js';
export type { components, paths } from './contract.js';
export { guard, type Rule, Unavailable, type Verdict } from './guard.js';
export { type ExchangeOptions, Latchkey, type OneTimeOptions, type Options } from './latchkey.js';
export { EntityToken, type Key, Login } from './login.js';
export { answerOf, Problem, type ProblemCode } from './problem.js';
export { InvalidSession } from './session.js';
