/** The pages that oidc-provider asks us for in the device flow. It hands over forms of its own; we take their token. */
import type { Context } from 'koa';
import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { describeDevice } from '../../shared/http/device.js';
import { addressSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import { findClient } from '../clients/client-registry.js';
import { findTrustLevel } from '../clients/trust-level.js';
import { pageProps, sendPage } from '../http/page.js';
import { deviceCodePage } from '../pages/device-code.js';
import { deviceConfirmPage } from '../pages/device-confirm.js';
import { deviceDonePage } from '../pages/device-done.js';

const action = '/device';
const xsrfOf = (form: string): string => /name="xsrf" value="([^"]+)"/.exec(form)?.[1] ?? '';

/** What is kept of the device that asked; shown before anybody signs in for it. */
export function deviceInfo(ctx: KoaContextWithOIDC): Record<string, unknown> {
  return { address: ctx.ip, userAgent: ctx.get('user-agent').slice(0, 300) };
}

export function sendCodePage(
  services: Services,
  ctx: Context,
  form: { xsrf: string; code?: string; error?: string },
): void {
  sendPage(ctx, deviceCodePage({ ...pageProps(services, ctx), action, ...form }));
}

/** By the library's name for it, what is wrong with a code. */
const problems: Readonly<Record<string, string>> = {
  NotFoundError: 'We know no such code. Look at your device once more.',
  ExpiredError: 'That code is too old. Let your device show a new one.',
  AlreadyUsedError: 'That code was used already. Let your device show a new one.',
  NoCodeError: 'Type in the code first.',
};

/** The entry, after an error with its reason; `AbortedError` is a person's "no". */
export function renderCodeEntry(
  services: Services,
  ctx: KoaContextWithOIDC,
  form: string,
  _out?: ErrorOut,
  error?: Error & { userCode?: string },
): void {
  const { supportEmail } = services.config;
  if (error?.name === 'AbortedError') {
    sendPage(
      ctx,
      deviceDonePage({ decision: 'refused', appName: ctx.oidc.client?.clientName, supportEmail }),
    );
    return;
  }
  if (error && error.name !== 'AbortedError') ctx.state.deviceCodeWrong = true;
  const known: unknown = ctx.state.deviceCodeInLink;
  sendCodePage(services, ctx, {
    xsrf: xsrfOf(form),
    code: error?.userCode ?? (typeof known === 'string' ? known.slice(0, 20) : undefined),
    error: error && (problems[error.name] ?? 'That did not work. Type in the code once more.'),
  });
}

export async function renderConfirmation(
  services: Services,
  ctx: KoaContextWithOIDC,
  form: string,
  clientId: string,
  device: Record<string, unknown>,
  code: string,
): Promise<void> {
  const client = await findClient(services, clientId);
  if (!client) throw new Error(`the client ${clientId} is gone`);
  const address = String(device.address ?? '');
  const html = deviceConfirmPage({
    ...pageProps(services, ctx),
    action,
    xsrf: xsrfOf(form),
    code,
    appName: client.name,
    standing: await findTrustLevel(services, client),
    address,
    device: describeDevice(String(device.userAgent ?? '')),
    elsewhere: addressSubject(address) !== addressSubject(ctx.ip),
  });
  sendPage(ctx, html);
}

export function renderDeviceDone({ config }: Services, ctx: KoaContextWithOIDC): void {
  const appName = ctx.oidc.client?.clientName;
  sendPage(ctx, deviceDonePage({ decision: 'allowed', appName, supportEmail: config.supportEmail }));
}
