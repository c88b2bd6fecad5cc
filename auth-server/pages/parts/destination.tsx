/** Where the browser goes next. `URL.host` gives a foreign alphabet as `xn--…`, which is the honest way to show it. */
import { toVisibleLine } from '../../../shared/ui/foreign-text.js';

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

interface DestinationProps {
  /** Without one the response goes to a device that polls for it. */
  redirectUri: string | undefined;
  /** Whether the page has a Deny button, to which a warning can point. */
  canDeny: boolean;
}

export function Destination({ redirectUri, canDeny }: DestinationProps) {
  if (redirectUri === undefined) {
    return (
      <p class="destination">
        Next, the device that showed you the code goes on.
        {canDeny ? ' If you did not just start it yourself, deny.' : null}
      </p>
    );
  }
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined;
  const web = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (!url || !web) {
    const scheme = toVisibleLine(url?.protocol ?? redirectUri, 60);
    return (
      <p class="destination">
        Next, an app on this device opens, the one that owns <code>{scheme}</code> links.
      </p>
    );
  }
  if (loopbackHosts.has(url.hostname)) {
    return (
      <p class="destination">
        Next, you go to a program on this device, at <code>{url.host}</code>.
        {canDeny ? ' If you did not just start one yourself, deny.' : null}
      </p>
    );
  }
  return (
    <p class="destination">
      Next, you go to <code class="breakable">{url.host}</code>
    </p>
  );
}
