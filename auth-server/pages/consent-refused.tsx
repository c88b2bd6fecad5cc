import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Foreign, toVisibleLine } from '../../shared/ui/foreign-text.js';
import { Form } from '../../shared/ui/form.js';
import { AppIdentity, type TrustLevel } from './parts/app-identity.js';
import { Destination } from './parts/destination.js';

export interface ConsentRefusedProps extends PageProps {
  /** The consent form's address: going back posts `decision=plan_full` there. */
  action: string;
  appName: string;
  standing: TrustLevel;
  /** How many people the plan of the app's owner covers. */
  peopleInPlan: number;
  redirectUri?: string;
}

/** The app may not take one more person on its plan; the person learns it here, the app as `access_denied`. */
export function consentRefusedPage(props: ConsentRefusedProps): string {
  const { action, appName, standing, peopleInPlan, redirectUri, csrf, now, ...page } = props;
  const name = <Foreign text={appName} maximum={60} />;
  return renderPage(
    <Card
      title={`${toVisibleLine(appName, 60)} cannot take more people`}
      heading={<AppIdentity name={appName} standing={standing} now={now} />}
      {...page}
    >
      <p>
        <strong>{name} cannot take more people now.</strong> Its plan covers {peopleInPlan}{' '}
        {peopleInPlan === 1 ? 'person' : 'people'}, and it works with that many already.
      </p>
      <p>
        Nothing was shared with it, and there is nothing you need to do. Its makers can choose a larger plan;
        then you can try again.
      </p>
      <Form action={action} csrf={csrf}>
        <Destination redirectUri={redirectUri} canDeny={false} />
        <div class="actions">
          <button type="submit" class="button primary" name="decision" value="plan_full">
            Go back to the app
          </button>
        </div>
      </Form>
    </Card>,
  );
}
