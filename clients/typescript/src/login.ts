import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { decodeJwt } from 'jose';
import type { Client } from 'openapi-fetch';
import { aclOf, fingerprint, type Where } from './caller.js';
import type { components, paths } from './contract.js';
import { answerOf, Problem } from './problem.js';

type Schemas = components['schemas'];

/** An API key. `acl` is what it was restricted to, as Latchkey repeats it. */
export type Key = Schemas['AuthHeader'] & { keyId: string };

/** A JWT is renewed so long before it ends; one that lives less than twice as long, at half of its life. */
const MARGIN_SECONDS = 600;
const LEAST_GAIN_SECONDS = 2;
/** What failed is tried again so much later, while the JWT is good. */
const PAUSE_SECONDS = 10;

/** A user who is logged in. Every call renews the JWT when it is about to end. */
export class Login {
  readonly #api: Client<paths>;
  #again?: () => Promise<Schemas['Login']>;
  /** Why there is no other login. */
  #refusal?: Problem;
  #user!: Schemas['Login'];
  #life!: number;
  #endsAt = 0;
  #pausedUntil = 0;
  #renewal?: Promise<void>;
  /** The session is at its end: no renewal goes beyond it. */
  #last = false;

  /** `again` logs in once more, after the session has ended. */
  constructor(api: Client<paths>, user: Schemas['Login'], again?: () => Promise<Schemas['Login']>) {
    this.#api = api;
    this.#again = again;
    this.#keep(user);
  }

  get user(): { id: string; username: string; email?: string | null } {
    const { Id: id, Username: username, Email: email } = this.#user;
    return { id, username, email };
  }

  /** The login JWT, for Latchkey alone: whoever has it can act as the user. */
  get token(): string {
    return this.#user.Token;
  }

  /** When the JWT ends, by the clock of this machine. */
  get endsAt(): Date {
    return new Date(this.#endsAt);
  }

  get ended(): boolean {
    return Date.now() >= this.#endsAt;
  }

  /** Gets another JWT if this one is about to end. Concurrent calls share one request. */
  async renewIfNeeded(): Promise<void> {
    const now = Date.now();
    const due = this.#endsAt - now <= Math.min(MARGIN_SECONDS * 1000, this.#life / 2);
    if (!due || (now < this.#pausedUntil && !this.ended)) return;
    await (this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined)));
  }

  async #renew(): Promise<void> {
    const before = this.#endsAt;
    try {
      if (!this.#last || this.ended)
        this.#keep(answerOf(await this.#api.GET('/user/renew', { headers: { Authorization: `Bearer ${this.token}` } })));
    } catch (error) {
      const over = error instanceof Problem && error.status === 401;
      if (over) this.#endsAt = 0;
      if (!this.ended) return this.#pause();
      if (!over || !this.#again) throw (over && this.#refusal) || error;
    }
    this.#last = this.#endsAt - before < LEAST_GAIN_SECONDS * 1000;
    if (this.#last && this.#again) await this.#enterAgain(this.#again);
  }

  async #enterAgain(again: () => Promise<Schemas['Login']>): Promise<void> {
    try {
      this.#keep(await again());
      this.#last = false;
    } catch (error) {
      // A password that is refused is not tried again: Latchkey counts, and ends by disabling it.
      if (error instanceof Problem && error.status < 429) [this.#again, this.#refusal] = [undefined, error];
      if (this.ended) throw error;
      this.#pause();
    }
  }

  #pause(): void {
    this.#pausedUntil = Date.now() + PAUSE_SECONDS * 1000;
  }

  #keep(user: Schemas['Login']): void {
    // `iat` and `exp` are of the server's clock; their difference is of any.
    const { iat = 0, exp = 0 } = decodeJwt(user.Token);
    this.#user = user;
    this.#life = (exp - iat) * 1000;
    this.#endsAt = Date.now() + this.#life;
  }

  /** The header of a call in this user's name. */
  async headers(): Promise<{ Authorization: string }> {
    await this.renewIfNeeded();
    return { Authorization: `Bearer ${this.token}` };
  }

  /** Ends the login, every JWT of it. */
  async logout(): Promise<void> {
    answerOf(await this.#api.POST('/user/logout', { headers: { Authorization: `Bearer ${this.token}` } }));
    this.#endsAt = 0;
  }

  /** The user's API keys. */
  readonly keys = {
    /**
     * Makes a key that can do `allow`, in the organizations of `in` or everywhere, and no more. Throws, and revokes the key, if
     * Latchkey does not confirm exactly that. Name the request yourself by `idempotencyKey` if a user's double click may repeat it.
     */
    create: async (name: string, restriction: { allow: string[]; in: Where; idempotencyKey?: string }): Promise<Key> => {
      const acl = aclOf(restriction.allow, restriction.in);
      const header = { 'Idempotency-Key': restriction.idempotencyKey ?? randomUUID() };
      const headers = await this.headers();
      const key = answerOf(await this.#api.POST('/authheader/add', { headers, params: { header }, body: { name, acl } }));
      if (!isDeepStrictEqual(key.acl, acl)) {
        await this.keys.delete(key.id);
        throw new Error('Latchkey did not confirm the restriction of the API key, so the key is revoked');
      }
      return { ...key, keyId: fingerprint(key.token) };
    },
    /** All keys, with their secrets, oldest first. */
    list: async (): Promise<Key[]> => {
      const keys = answerOf(await this.#api.GET('/authheader/list', { headers: await this.headers() }));
      return keys.map((key) => ({ ...key, keyId: fingerprint(key.token) }));
    },
    /** Revokes a key, by its id or the key itself. */
    delete: async (id: string): Promise<void> => {
      answerOf(await this.#api.POST('/authheader/delete', { headers: await this.headers(), body: { text: id } }));
    },
  };

  /** The token of `userId` in `entityId`. Its calls need the API key of the {@link Latchkey} besides this login. */
  entity(entityId: string, userId: string): EntityToken {
    return new EntityToken(this.#api, this, entityId, userId);
  }
}

const ENTITY_TOKEN = '/entities/{entityId}/users/{userId}/authentication-token';

/** The token of a user in an entity. */
export class EntityToken {
  readonly #api: Client<paths>;
  readonly #login: Login;
  readonly #path: { entityId: string; userId: string };

  constructor(api: Client<paths>, login: Login, entityId: string, userId: string) {
    this.#api = api;
    this.#login = login;
    this.#path = { entityId, userId };
  }

  async #params() {
    await this.#login.renewIfNeeded();
    return { path: this.#path, header: { userid: this.#login.user.id, token: this.#login.token } };
  }

  /** Issues a token; a live one is returned as it is. */
  async create(body: Schemas['EntityTokenSettings'] = {}): Promise<Schemas['EntityToken']> {
    return answerOf(await this.#api.POST(ENTITY_TOKEN, { params: await this.#params(), body }));
  }

  async get(): Promise<Schemas['EntityToken']> {
    return answerOf(await this.#api.GET(ENTITY_TOKEN, { params: await this.#params() }));
  }

  async update(body: Schemas['EntityTokenSettings']): Promise<Schemas['EntityToken']> {
    return answerOf(await this.#api.PATCH(ENTITY_TOKEN, { params: await this.#params(), body }));
  }

  /** The successor of the token that the customer's program presents, which stops working. */
  async refresh(presented: string): Promise<Schemas['EntityToken']> {
    if (!presented) throw new TypeError('refresh needs the presented token: without it, a stolen token is never noticed');
    const body = { authenticationToken: presented };
    return answerOf(await this.#api.POST(`${ENTITY_TOKEN}/refresh`, { params: await this.#params(), body }));
  }

  async delete(): Promise<void> {
    answerOf(await this.#api.DELETE(ENTITY_TOKEN, { params: await this.#params() }));
  }
}
