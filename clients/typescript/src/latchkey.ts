import { randomUUID } from 'node:crypto';
import createClient, { type Client } from 'openapi-fetch';
import { aclOf, type Caller, caller, fingerprint, type Where } from './caller.js';
import type { components, paths } from './contract.js';
import { Login } from './login.js';
import { answerOf } from './problem.js';
import { retrying } from './retry.js';
import { sessionVerifier } from './session.js';

type Schemas = components['schemas'];

export interface Options {
  /** Where Latchkey answers. */
  url: string;
  /** The API key of your backend. Verifying sessions and logging in need none. */
  apiKey?: string;
  /** `iss` of the JWTs; `url` by default. */
  issuer?: string;
  /** `aud` of the sessions; `issuer` by default. */
  audience?: string;
  /** The algorithms that your deployment signs with; `['ES256']` by default. */
  algorithms?: string[];
  /** Seconds by which clocks may differ when a session is verified: 0 by default, 30 at most. */
  clockTolerance?: number;
  /** How often a request that is safe to repeat is repeated; 2 by default. */
  retries?: number;
  /** Seconds before a request counts as lost; 10 by default. */
  timeout?: number;
}

/** What a one-time token's session gets, and how the token is given away. */
export interface OneTimeOptions {
  allow?: string[];
  in?: Where;
  claims?: Record<string, unknown>;
  /** When the token expires. */
  expiresAt?: Date;
  /** Whether Latchkey mails six digits to the customer, which the exchange then needs. */
  otpRequired?: boolean;
  idempotencyKey?: string;
}

export interface ExchangeOptions {
  /** A name for this exchange that nobody guesses; with the same one, a repetition returns the same session. */
  idempotencyKey?: string;
  /** The six digits of the mail. */
  oneTimePassword?: string;
}

const CACHE_ENTRIES = 10_000;
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** A running Latchkey, and your backend's credential for it. */
export class Latchkey {
  /** Every operation of the contract, typed, with the same retries; answers are `{ data, error, response }`. */
  readonly api: Client<paths>;
  readonly audience: string;
  /** Verifies a session's JWT by the public keys alone: no request, and no knowledge of a revocation. Throws `InvalidSession`. */
  readonly verifySession: (jwt: string) => Promise<Caller>;
  readonly #apiKey?: string;
  readonly #known = new Map<string, { caller: Caller; at: number }>();

  constructor(options: Options) {
    const { apiKey, algorithms = ['ES256'], clockTolerance = 0, retries = 2, timeout = 10 } = options;
    if (!(clockTolerance >= 0 && clockTolerance <= 30)) throw new RangeError('clockTolerance must be 0 to 30 seconds');
    const url = options.url.replace(/\/+$/, '');
    const { issuer = url, audience = issuer } = options;
    this.audience = audience;
    this.#apiKey = apiKey;
    this.verifySession = sessionVerifier({ url, issuer, audience, algorithms, clockTolerance });
    this.api = createClient<paths>({ baseUrl: url, headers: { Accept: 'application/json' }, fetch: retrying(retries, timeout) });
    // Of the operations that need a login, these need the API key as well.
    this.api.use({
      onRequest: ({ request, schemaPath }) => {
        if (apiKey && schemaPath.startsWith('/entities/')) request.headers.set('apikey', apiKey);
      },
    });
  }

  /** Whether this backend has a credential of its own, as `introspect` and `oneTime` need. */
  get hasApiKey(): boolean {
    return Boolean(this.#apiKey);
  }

  #byKey(): { apikey: string } {
    if (!this.#apiKey) throw new TypeError('this call needs an API key: new Latchkey({ url, apiKey })');
    return { apikey: this.#apiKey };
  }

  /**
   * Logs in. With `stay`, for a backend's own user, the password is kept in memory and the login begins again when its session has
   * ended.
   */
  async login(username: string, password: string, { stay = false } = {}): Promise<Login> {
    const enter = async () => answerOf(await this.api.POST('/user/login', { body: { username, password } }));
    return new Login(this.api, await enter(), stay ? enter : undefined);
  }

  /**
   * What Latchkey says of a credential now; undefined if it is not good. With `cache`, a good answer is kept for so many seconds,
   * under a hash of the credential, and a revocation takes as much longer.
   */
  async introspect(token: string, { cache = 0 } = {}): Promise<Caller | undefined> {
    const id = fingerprint(token);
    const known = this.#known.get(id);
    const at = Date.now();
    // A clock that was set back makes an answer no younger.
    const isFresh = known && at >= known.at && at - known.at < cache * 1000;
    if (isFresh && !(known.caller.expiresAt && known.caller.expiresAt.getTime() <= at)) return known.caller;
    this.#known.delete(id);
    const said = answerOf(await this.api.POST('/introspect', { headers: { ...this.#byKey(), ...FORM }, body: { token } }));
    if (!said.active) return undefined;
    const found = caller({
      kind: said.kind,
      subject: said.sub,
      acl: said.acl,
      claims: said.customClaims,
      username: said.username,
      issuedBy: said.issuedBy,
      entity: said.entity,
      sessionId: said.jti,
      keyId: said.kind === 'api-key' ? id : undefined,
      audience: said.aud,
      expiresAt: said.exp === undefined ? undefined : new Date(said.exp * 1000),
    });
    if (cache > 0) {
      if (this.#known.size >= CACHE_ENTRIES) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(id, { caller: found, at });
    }
    return found;
  }

  /** One-time tokens: you give one to a customer, and whoever holds it exchanges it, once, for a session. */
  readonly oneTime = {
    /** A token for a customer, whose session may do `allow` in `in`; nothing without them. */
    create: async (customerId: string, options: OneTimeOptions = {}): Promise<Schemas['AuthenticationToken']> => {
      const { allow, in: where, claims, expiresAt, otpRequired, idempotencyKey = randomUUID() } = options;
      if (!allow !== !where) throw new TypeError('`allow` and `in` go together');
      const body = {
        mode: 'passwordless' as const,
        customerId,
        otpRequired,
        acl: allow && where && aclOf(allow, where),
        customClaims: claims,
        expiredTime: expiresAt?.toISOString(),
      };
      const params = { header: { 'Idempotency-Key': idempotencyKey } };
      return answerOf(await this.api.POST('/authentication-tokens', { headers: this.#byKey(), params, body }));
    },
  };

  /** Exchanges a one-time token for a session. Of any number of concurrent exchanges, one succeeds. */
  async exchange(token: string, options: ExchangeOptions = {}): Promise<Schemas['Session']> {
    const { idempotencyKey = randomUUID(), oneTimePassword } = options;
    const params = { path: { token }, header: { 'Idempotency-Key': idempotencyKey } };
    return answerOf(await this.api.POST('/authentication-tokens/{token}/exchange', { params, body: { oneTimePassword } }));
  }

  /** Ends a session that your API key began. Who verifies by the public keys alone accepts its JWT until it expires. */
  async endSession(id: string): Promise<void> {
    answerOf(await this.api.DELETE('/sessions/{id}', { headers: this.#byKey(), params: { path: { id } } }));
  }
}

