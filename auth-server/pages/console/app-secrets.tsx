import { Field } from '../../../shared/ui/field.js';
import { Foreign } from '../../../shared/ui/foreign-text.js';
import { ActionButton, Form, SubmitButton } from '../../../shared/ui/form.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import { Table } from '../../../shared/ui/table.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import { paths } from '../paths.js';

export interface ListedSecret {
  id: string;
  name: string;
  lastFour: string;
  createdAt: Date;
  expiresAt: Date | null;
}

export interface NewSecretValues {
  name?: string;
  expiresOn?: string;
}

interface AppSecretsProps {
  appId: string;
  secrets: readonly ListedSecret[];
  values?: NewSecretValues;
  errors?: FieldErrors;
  csrf: string;
  once: string;
  now: Date;
}

/** Several secrets work side by side, so that one can be replaced without an outage: add, switch, remove. */
export function AppSecrets({ appId, secrets, values, errors, csrf, once, now }: AppSecretsProps) {
  const rows = secrets.map((secret) => ({
    key: secret.id,
    cells: [
      <Foreign key="name" text={secret.name} maximum={60} />,
      <code key="four">…{secret.lastFour}</code>,
      <Timestamp key="made" at={secret.createdAt} now={now} />,
      secret.expiresAt ? <Timestamp at={secret.expiresAt} now={now} /> : <span class="muted">never</span>,
      <ActionButton
        key="remove"
        action={paths.appSecretDelete(appId, secret.id)}
        csrf={csrf}
        look="danger"
        label={`Remove the secret ending in ${secret.lastFour}`}
      >
        Remove
      </ActionButton>,
    ],
  }));
  return (
    <section>
      <h2>Secrets</h2>
      <p class="muted">
        To replace one without an outage: add a new one, switch the app over, then remove the old one.
      </p>
      {secrets.length > 0 ? (
        <Table
          acts
          caption="Client secrets"
          columns={['Name', 'Ends in', 'Made', 'Expires', 'Actions']}
          rows={rows}
        />
      ) : null}
      <Form action={paths.appAction(appId, 'secrets')} csrf={csrf} hidden={{ once }} class="row">
        <Field
          id="secret-name"
          name="secret_name"
          label="Name of a new secret"
          value={values?.name}
          errors={errors}
          maxlength={60}
          required
        />
        <Field
          id="secret-expires"
          name="expires_on"
          type="date"
          label="Expires (empty: never)"
          value={values?.expiresOn}
          errors={errors}
        />
        <SubmitButton look="quiet">Add a secret</SubmitButton>
      </Form>
    </section>
  );
}
