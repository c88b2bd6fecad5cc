import { Dialog } from '../../../shared/ui/dialog.js';
import { Field, Select } from '../../../shared/ui/field.js';
import { Foreign } from '../../../shared/ui/foreign-text.js';
import { ActionButton, Form, SubmitButton } from '../../../shared/ui/form.js';
import { paths } from '../paths.js';
import type { ListedKey } from './listed-key.js';

/** Seconds for which the old key of a roll goes on working; the field is `grace_seconds`. */
const graceChoices = [
  { value: '0', label: 'ends at once' },
  { value: '3600', label: 'works for 1 more hour' },
  { value: '86400', label: 'works for 24 more hours' },
  { value: '604800', label: 'works for 7 more days' },
];

/** Everything one does with a key, in a sheet that its row opens. */
export function ManageKey({ listed, csrf, once }: { listed: ListedKey; csrf: string; once: string }) {
  const { id, name, state } = listed;
  const usable = state === 'active' || state === 'rolling';
  const sheet = `key-${id}`;
  return (
    <Dialog id={sheet} button="Manage" title={<Foreign text={name} maximum={60} />}>
      <p class="muted">
        <code>
          {listed.prefix}…{listed.lastFour}
        </code>{' '}
        · <a href={paths.key(id)}>Permissions, allowlist, last calls</a>
      </p>
      <Form action={paths.keyAction(id, 'rename')} csrf={csrf} class="row">
        <Field id={`${sheet}-name`} name="name" label="Name" value={name} maxlength={100} required />
        <SubmitButton look="quiet">Rename</SubmitButton>
      </Form>
      {state === 'active' ? (
        <Form action={paths.keyAction(id, 'roll')} csrf={csrf} hidden={{ once }} class="row">
          <Select
            id={`${sheet}-grace`}
            name="grace_seconds"
            label="Roll: make a new key; this one"
            choices={graceChoices}
            value="86400"
          />
          <SubmitButton look="quiet">Roll</SubmitButton>
        </Form>
      ) : null}
      {usable ? (
        <div class="row">
          <p>Disable: calls with it fail until you enable it again.</p>
          <ActionButton action={paths.keyAction(id, 'disable')} csrf={csrf}>
            Disable
          </ActionButton>
        </div>
      ) : null}
      {state === 'disabled' ? (
        <div class="row">
          <p>Enable: calls with it work again at once.</p>
          <ActionButton action={paths.keyAction(id, 'enable')} csrf={csrf}>
            Enable
          </ActionButton>
        </div>
      ) : null}
      <div class="row">
        <p>Delete: calls with it fail from this moment, for good. This cannot be undone.</p>
        <ActionButton action={paths.keyAction(id, 'delete')} csrf={csrf} look="danger">
          Delete
        </ActionButton>
      </div>
    </Dialog>
  );
}
