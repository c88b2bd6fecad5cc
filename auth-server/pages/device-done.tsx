import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Foreign } from '../../shared/ui/foreign-text.js';
import { paths } from './paths.js';

export interface DeviceDoneProps extends Pick<PageProps, 'supportEmail'> {
  /** What the person decided. */
  decision: 'allowed' | 'refused';
  /** undefined when the request was refused before we looked at the app. */
  appName?: string;
}

export function deviceDonePage({ decision, appName, supportEmail }: DeviceDoneProps): string {
  const app = appName ? <Foreign text={appName} maximum={60} /> : 'The device';
  return renderPage(
    <Card title={decision === 'allowed' ? 'Your device is connected' : 'Refused'} supportEmail={supportEmail}>
      {decision === 'allowed' ? (
        <p>{app} goes on by itself in a few seconds. You can close this page.</p>
      ) : (
        <p>{app} was told so. Nothing was shared. You can close this page.</p>
      )}
      <p class="actions">
        <a class="button quiet" href={paths.account}>
          See what is connected
        </a>
      </p>
    </Card>,
  );
}
