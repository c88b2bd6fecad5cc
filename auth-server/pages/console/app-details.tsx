import { AppShell } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Field } from '../../../shared/ui/field.js';
import { Foreign, toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { ActionButton, Form, SubmitButton } from '../../../shared/ui/form.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import { Copyable } from '../../../shared/ui/shown-once.js';
import { State } from '../../../shared/ui/state.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import type { SignedInPageProps } from '../parts/once.js';
import { paths, withQuery } from '../paths.js';
import { AppFields, type AppValues } from './app-fields.js';
import { AppSecrets, type ListedSecret, type NewSecretValues } from './app-secrets.js';
import type { ListedApp } from './apps.js';
import { consoleSidebar } from './sidebar.js';

export interface AppDetailsProps extends SignedInPageProps {
  app: ListedApp;
  values: AppValues;
  /** Of any form on the page, by field: `name`, `redirect_uris`, `secret_name`, `expires_on`, `confirm`. */
  errors?: FieldErrors;
  /** Typed before into the form for a new secret. */
  newSecret?: NewSecretValues;
  /** Typed before to confirm the end of the app. */
  confirm?: string;
  secrets: readonly ListedSecret[];
  authorizeUrl: string;
}

function people(count: number): string {
  return count === 1 ? '1 person' : `${count} people`;
}

function OnOff({ app, csrf }: { app: ListedApp; csrf: string }) {
  const active = app.state === 'active';
  return (
    <div class="row">
      <p>
        {active
          ? 'Disable: nobody can authorize it, and its tokens fail until you enable it again. Consents are kept.'
          : 'Enable: it can ask for consent, and its tokens work again at once.'}
      </p>
      <ActionButton action={paths.appAction(app.id, active ? 'disable' : 'enable')} csrf={csrf}>
        {active ? 'Disable' : 'Enable'}
      </ActionButton>
    </div>
  );
}

export function appDetailsPage({
  app,
  values,
  errors,
  newSecret,
  confirm,
  secrets,
  authorizeUrl,
  ...page
}: AppDetailsProps): string {
  const { csrf, now } = page;
  return renderPage(
    <AppShell {...page} sidebar={consoleSidebar} current={paths.apps} title={app.name}>
      <p class="facts-line">
        <State state={app.state} />
        <span>{app.productName}</span>
        <span>{app.isPublic ? 'public' : 'confidential'}</span>
        <span>{people(app.people)} connected</span>
        <span>
          registered <Timestamp at={app.createdAt} now={now} />
        </span>
        <a href={withQuery(paths.audit, { subject: app.id })}>Its audit trail</a>
      </p>
      <section>
        <Copyable id="client-id" label="Client id" text={app.id} />
        <Copyable id="authorize-url" label="Send people here" text={authorizeUrl} block />
      </section>
      <section>
        <h2>Settings</h2>
        <Form action={paths.app(app.id)} csrf={csrf} class="sheet-form">
          <AppFields values={values} errors={errors} />
          <div class="actions">
            <SubmitButton>Save</SubmitButton>
            <a href={paths.apps}>Cancel</a>
          </div>
        </Form>
      </section>
      {app.isPublic ? null : (
        <AppSecrets
          appId={app.id}
          secrets={secrets}
          values={newSecret}
          errors={errors}
          csrf={csrf}
          once={page.once}
          now={now}
        />
      )}
      <section>
        <h2>End it</h2>
        <OnOff app={app} csrf={csrf} />
        <Form action={paths.appAction(app.id, 'delete')} csrf={csrf} class="row">
          <Field
            name="confirm"
            label={
              <>
                Delete: type{' '}
                <strong>
                  <Foreign text={app.name} maximum={60} />
                </strong>{' '}
                to confirm
              </>
            }
            hint={`${people(app.people)} will lose the connection, every token fails at once, and the client id never works again. This cannot be undone.`}
            errors={errors}
            autocomplete="off"
            required
          />
          <button type="submit" class="button danger" aria-label={`Delete ${toVisibleLine(app.name, 60)}`}>
            Delete
          </button>
        </Form>
      </section>
    </AppShell>,
  );
}
