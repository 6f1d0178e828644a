import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { type Acl, type Caller, caller } from './caller.js';

/** A JWT that is no good session: forged, expired, of another issuer or audience, or a login. */
export class InvalidSession extends Error {
  override readonly name = 'InvalidSession';
}

export interface Trust {
  url: string;
  issuer: string;
  audience: string;
  algorithms: string[];
  clockTolerance: number;
}

// The keys could not be fetched, so nobody knows whether the JWT is good.
const UNDECIDED = [errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code];

/** Verifies sessions by the public keys of `trust.url`, which it keeps for ten minutes, as docs/jwt.md demands. */
export function sessionVerifier({ url, ...options }: Trust): (jwt: string) => Promise<Caller> {
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  const wanted = { ...options, typ: 'JWT', requiredClaims: ['sub', 'exp', 'nbf', 'jti'] };

  return async (jwt) => {
    const { payload } = await jwtVerify(jwt, keys, wanted).catch((cause: unknown) => {
      if (!(cause instanceof errors.JOSEError) || UNDECIDED.includes(cause.code)) throw cause;
      throw new InvalidSession(cause.message, { cause });
    });
    if (payload.token_use !== 'session') throw new InvalidSession('not a session');
    return caller({
      kind: 'session',
      subject: payload.sub!,
      acl: (payload.acl ?? []) as Acl,
      claims: (payload.customClaims ?? {}) as Record<string, unknown>,
      sessionId: payload.jti!,
      audience: options.audience,
      expiresAt: new Date(payload.exp! * 1000),
    });
  };
}
