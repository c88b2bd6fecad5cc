/** `prompt=select_account`: the app asks which account to use. */
import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Foreign } from '../../shared/ui/foreign-text.js';
import { Form, SubmitButton } from '../../shared/ui/form.js';

export interface SelectAccountProps extends PageProps {
  action: string;
  switchAction: string;
  appName?: string;
  person: { name: string; email: string };
}

export function selectAccountPage(props: SelectAccountProps): string {
  const { action, switchAction, appName, person, csrf, ...page } = props;
  return renderPage(
    <Card title="Which account?" {...page}>
      <p>
        {appName ? <Foreign text={appName} maximum={60} /> : 'The app'} asks which account to use. You are
        signed in as{' '}
        <strong>
          <Foreign text={person.name} maximum={60} />
        </strong>{' '}
        ({person.email}).
      </p>
      <Form action={action} csrf={csrf}>
        <div class="actions">
          <SubmitButton>Go on with this account</SubmitButton>
        </div>
      </Form>
      <Form action={switchAction} csrf={csrf}>
        <button type="submit" class="button quiet">
          Not you? Use another account
        </button>
      </Form>
    </Card>,
  );
}
