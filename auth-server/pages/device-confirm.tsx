/**
 * Who asks, from where, and the code to compare, before anybody signs in for it. Someone who was sent a link sees
 * here that the device is not theirs (RFC 8628 section 5.4). The button that the Enter key presses refuses.
 */

import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { toVisibleLine } from '../../shared/ui/foreign-text.js';
import { Form } from '../../shared/ui/form.js';
import { Callout } from '../../shared/ui/notices.js';
import { AppIdentity, type TrustLevel } from './parts/app-identity.js';

export interface DeviceConfirmProps extends PageProps {
  action: string;
  /** Binds the form to the session that it was shown in. */
  xsrf: string;
  code: string;
  appName: string;
  standing: TrustLevel;
  /** The network address that the device called from. */
  address: string;
  /** What the device says it is, in our words. */
  device: string;
  /** This browser has another address. */
  elsewhere: boolean;
}

export function deviceConfirmPage(props: DeviceConfirmProps): string {
  const { action, xsrf, code, appName, standing, address, device, elsewhere, csrf, now, ...page } = props;
  return renderPage(
    <Card
      title={`Is this your device? ${toVisibleLine(appName, 60)}`}
      heading={<AppIdentity name={appName} standing={standing} now={now} />}
      {...page}
    >
      <p>
        <strong>A device asks to be let in with this app.</strong> It must show exactly this code:
      </p>
      <p class="compared-code">
        <code>{toVisibleLine(code, 20)}</code>
      </p>
      <dl class="facts">
        <dt>Device</dt>
        <dd>{device}</dd>
        <dt>Its address</dt>
        <dd class="mono breakable">{address}</dd>
      </dl>
      {elsewhere ? (
        <Callout kind="care">
          It is in another network than this browser. That is fine for a server of yours, and a bad sign for a
          device in front of you.
        </Callout>
      ) : null}
      <Form action={action} csrf={csrf} hidden={{ xsrf, user_code: code }}>
        <div class="actions pair">
          <button type="submit" class="button choice" name="abort" value="yes">
            Not mine
          </button>
          <button type="submit" class="button choice" name="confirm" value="yes">
            It is mine
          </button>
        </div>
      </Form>
    </Card>,
  );
}
