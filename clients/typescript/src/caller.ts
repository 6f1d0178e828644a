import { createHash } from 'node:crypto';
import type { components } from './contract.js';

export type Acl = components['schemas']['Acl'];
export type Kind = components['schemas']['CredentialKind'];

/** Where permissions apply: a list of organizations, or everywhere. */
export type Where = string[] | 'everywhere';

/** Who calls, and what the credential permits. docs/authorizer.md says who vouches for what. */
export interface Caller {
  kind: Kind;
  /** A user's id for a login and an API key, a customer's for a session, any id of its issuer's choice for an entity token. */
  subject: string;
  acl: Acl;
  claims: Record<string, unknown>;
  username?: string;
  issuedBy?: string;
  /** The entity of an entity token. */
  entity?: string;
  /** The session of a session or a login; {@link Latchkey.endSession} takes it. */
  sessionId?: string;
  /** Names an API key and opens nothing: the same text as `keyId` where keys are made and listed. */
  keyId?: string;
  /** The audience of a JWT. */
  audience?: string;
  expiresAt?: Date;
  /** Whether the ACL grants `permission` in `organization`; without one, whether it does so everywhere. */
  can(permission: string, organization?: string): boolean;
}

export function caller(fields: Omit<Caller, 'can'>): Caller {
  return { ...fields, can: (permission, organization) => grants(fields.acl, permission, organization) };
}

/** A dimension of a scope that is no organization never matches: dropped, it would widen the ACL. */
function grants(acl: Acl, permission: string, organization?: string): boolean {
  return acl.some(
    ({ scope, permissions }) =>
      (permissions.includes('*') || permissions.includes(permission)) &&
      Object.entries(scope).every(
        ([name, values]) => name === 'organizationId' && organization !== undefined && values.includes(organization),
      ),
  );
}

/** The ACL that grants `allow` in `where`. */
export function aclOf(allow: string[], where: Where): Acl {
  return [{ scope: where === 'everywhere' ? {} : { organizationId: where }, permissions: allow }];
}

/** Names a secret without telling it. */
export const fingerprint = (secret: string) => createHash('sha256').update(secret).digest('base64url').slice(0, 22);
