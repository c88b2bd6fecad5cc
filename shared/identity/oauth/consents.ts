/**
 * Remembered consent: what a person allowed an app and for how long, so that they need not be asked again. Asked
 * again all the same for new scopes, for a redirect to another host, and by apps that registered themselves.
 */
import { sqlFromNow, sqlNow } from '../../clock.js';
import { newId } from '../../ids.js';
import type { Services } from '../../services.js';
import { type GrantDuration, grantLifetimeSeconds } from './grants.js';

export interface Consent {
  scopes: string[];
  duration: GrantDuration;
  redirectHosts: string[];
}

export interface RememberedConsent extends Consent {
  /** What is granted on the strength of it lasts no longer. */
  expiresAt: Date;
}

/** Consent that is not used for this long is forgotten, whatever was chosen. */
const dormantSeconds = 30 * 86_400;

/** Keeps what a person chose; `once` is not remembered, and forgets what was. */
export async function rememberConsent(
  services: Services,
  input: { userId: string; clientId: string } & Consent,
): Promise<void> {
  const { userId, clientId, scopes, duration, redirectHosts } = input;
  if (duration === 'once') {
    await services.db('consents').where({ user_id: userId, client_id: clientId }).delete();
    return;
  }
  await services
    .db('consents')
    .insert({
      id: newId(),
      user_id: userId,
      client_id: clientId,
      scopes,
      duration,
      redirect_hosts: redirectHosts,
      granted_at: sqlNow(services),
      last_used_at: sqlNow(services),
      expires_at: sqlFromNow(services, grantLifetimeSeconds[duration]),
    })
    .onConflict(['user_id', 'client_id'])
    .merge(['scopes', 'duration', 'redirect_hosts', 'granted_at', 'last_used_at', 'expires_at']);
}

/** The consent that still holds between a person and an app; using it keeps it from lapsing. */
export async function useConsent(
  services: Services,
  input: { userId: string; clientId: string },
): Promise<RememberedConsent | undefined> {
  const [row] = await services
    .db('consents')
    .where({ user_id: input.userId, client_id: input.clientId })
    .where('expires_at', '>', sqlNow(services))
    .where('last_used_at', '>', sqlFromNow(services, -dormantSeconds))
    .update({ last_used_at: sqlNow(services) })
    .returning(['scopes', 'duration', 'redirect_hosts as redirectHosts', 'expires_at as expiresAt']);
  return row;
}
